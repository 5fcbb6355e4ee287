import NIOCore

/// Knows how long the line is with which a request begins: where the parser finds a head too large it does not say what of it was. It
/// stands before the parser.
final class RequestLine: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Bytes of the line that is coming; nil behind its end.
    private var length: Int? = 0
    private let greatestLength: Int

    /// - Parameter greatestLength: of lines that the parser takes.
    init(greatestLength: Int) { self.greatestLength = greatestLength }

    /// The line that came last was longer than the parser takes.
    var isTooLong: Bool { (length ?? 0) > greatestLength }

    /// The next request begins.
    func begin() { length = 0 }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let before = length {
            let bytes = unwrapInboundIn(data).readableBytesView
            let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
            let total = before + (end.map { $0 - bytes.startIndex } ?? bytes.count)
            length = end == nil || total > greatestLength ? total : nil
        }
        context.fireChannelRead(data)
    }
}
