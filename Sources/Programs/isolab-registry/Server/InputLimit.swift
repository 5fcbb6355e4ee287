import NIOCore

/// Bounds what comes without being asked for. A socket is read as it is asked to be, but for its end: where the other side ends, all
/// that is in the kernel is read at once, which may be many megabytes. Whoever has not been asked for so much is closed; clients wait
/// for their answer before they end. It stands before the parser.
final class InputLimit: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes; of connections whose bytes cost more than others': crumbs, and requests ahead of their turn.
    static let least = 4 << 10
    /// Of connections that are read in small pieces.
    static let little = 64 << 10
    /// Of those that are read in large ones: what they give when they are asked once.
    static let much = 1 << 20

    var limit: Int
    private var unasked = 0

    init(_ limit: Int) { self.limit = limit }

    func read(context: ChannelHandlerContext) {
        unasked = 0
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unasked += unwrapInboundIn(data).readableBytes
        guard unasked <= limit else { return context.close(promise: nil) }
        context.fireChannelRead(data)
    }
}
