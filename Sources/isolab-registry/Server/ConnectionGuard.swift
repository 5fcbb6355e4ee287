import HTTPTypes
import Linux
import NIOCore
import NIOHTTPTypes

/// Watches one connection: tells the table whose turn it is, and bounds what is read of a body that nobody wants any more, because
/// the request was answered already. It stands between the codec and Hummingbird.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Bytes of an unwanted body that are passed over, so that the client gets to read its answer.
    private static let greatestRest = 1 << 20
    /// And how long.
    private static let longestRest = TimeAmount.seconds(5)

    private let table: ConnectionTable
    private let entry: ConnectionTable.Entry
    /// A request's head has come, its end has not.
    private var isReading = false
    /// Requests whose heads have come, and answers that have ended: some clients ask before they are answered.
    private var requests = 0
    private var answers = 0
    /// Whether the request that is being answered has not come whole.
    private var isBeingRead: Bool { isReading && requests == answers +| 1 }
    /// Bytes passed over since the answer ended; nil: they are wanted.
    private var passedOver: Int?
    /// No further request is taken.
    private var isLast = false
    private var timer: Scheduled<Void>?

    init(_ channel: any Channel, _ table: ConnectionTable) {
        self.table = table
        entry = table.open(channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        table.close(entry)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        table.close(entry)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        entry.move()
        switch unwrapInboundIn(data) {
        case .head:
            entry.asks()
            isReading = true
            requests +|= 1
        case .body(let bytes):
            guard let passed = passedOver else { break }
            passedOver = passed + bytes.readableBytes
            if passed + bytes.readableBytes > Self.greatestRest { context.close(promise: nil) }
            return
        case .end:
            isReading = false
            if passedOver != nil {
                passedOver = nil
                timer?.cancel()
                if isLast {
                    context.close(promise: nil)
                    return
                }
            } else {
                // It is the server's turn until it begins to answer.
                entry.setPeersTurn(false)
            }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // What is passed over is read without being asked for: nobody waits for it any more.
        if passedOver != nil { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        entry.setPeersTurn(true)
        let written = promise ?? context.eventLoop.makePromise()
        let entry = entry
        written.futureResult.whenComplete { _ in entry.move() }
        switch unwrapOutboundIn(data) {
        case .head(var head) where isBeingRead && head.status.kind != .informational:
            // The rest of the body may be more than is passed over.
            isLast = true
            head.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(head)), promise: written)
        case .end:
            let channel = context.channel
            if isBeingRead {
                passedOver = 0
                timer = context.eventLoop.scheduleTask(in: Self.longestRest) { channel.close(promise: nil) }
            } else if isLast {
                written.futureResult.whenComplete { _ in channel.close(promise: nil) }
            }
            answers +|= 1
            context.write(data, promise: written)
            if passedOver != nil { context.read() }
        default: context.write(data, promise: written)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        // Files that the kernel sends pass by as events.
        entry.setPeersTurn(true)
        let written = promise ?? context.eventLoop.makePromise()
        let entry = entry
        written.futureResult.whenComplete { _ in entry.move() }
        context.triggerUserOutboundEvent(event, promise: written)
    }
}
