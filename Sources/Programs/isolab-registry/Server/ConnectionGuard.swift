import HTTPTypes
import Linux
import NIOCore
import NIOHTTPTypes

/// Watches one connection: tells the table whose turn it is, counts what is held of its answers, sees that a body which is held comes
/// fast enough, and bounds what is read of a body that nobody wants any more, because the request was answered already. It stands
/// between the codec and Hummingbird.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Bytes of an unwanted body that are passed over, so that the client gets to read its answer.
    private static let greatestRest = 1 << 20
    /// And how long.
    private static let longestRest = TimeAmount.seconds(5)

    /// Requests that may wait for their answers on one connection; those who ask for more are no clients of a registry.
    private static let greatestAhead = 64
    /// Bytes a second at which a body that is held must come.
    private static let lowestRate = 16 << 10

    private let table: ConnectionTable
    private let memory: HeldMemory
    /// How long a body that is held may take, besides what its bytes need.
    private let patience: TimeAmount
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
    /// More was asked for than is taken ahead.
    private var isOverrun = false
    /// Bytes that the heads take of requests behind the one that is being answered.
    private var ahead = CircularBuffer<Int>()
    private var timer: Scheduled<Void>?
    /// Bytes of the body that is coming.
    private var bodySize = 0
    private var bodyTimer: Scheduled<Void>?
    /// The body was ended before its end; what comes of it is not wanted.
    private var isCut = false

    private let input: InputLimit

    init(
        _ channel: any Channel, _ table: ConnectionTable, _ memory: HeldMemory, _ input: InputLimit,
        patience: TimeAmount
    ) {
        self.input = input
        self.table = table
        self.memory = memory
        self.patience = patience
        entry = table.open(channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        timer?.cancel()
        bodyTimer?.cancel()
        table.close(entry)
        entry.close()
        memory.release(.answer, of: entry)
        memory.release(.heads, of: entry)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOverrun { return }
        entry.move()
        switch unwrapInboundIn(data) {
        case .head(let head):
            entry.asks()
            isReading = true
            bodySize = 0
            requests +|= 1
            guard requests -| answers <= Self.greatestAhead, holdAhead(head) else {
                isOverrun = true
                return context.close(promise: nil)
            }
        case .body(let bytes):
            bodySize +|= bytes.readableBytes
            guard let passed = passedOver else {
                if isCut { return }
                break
            }
            passedOver = passed + bytes.readableBytes
            if passed + bytes.readableBytes > Self.greatestRest { context.close(promise: nil) }
            return
        case .end:
            isReading = false
            bodyTimer?.cancel()
            if isCut, passedOver == nil { return }
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

    /// Counts the head of a request that has to wait; one alone, as clients send them, counts nothing.
    private func holdAhead(_ head: HTTPRequest) -> Bool {
        guard requests -| answers > 1 else { return true }
        let size = head.headerFields.reduce(512) { sum, field in
            // Read, a field takes many times the bytes that it came in.
            sum +| 192 +| 2 *| (field.name.rawName.utf8.count +| field.value.utf8.count)
        }
        ahead.append(size)
        input.limit = InputLimit.least
        return memory.hold(.heads, of: entry, size)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { entry.end() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What was answered already is not answered again because its rest is broken.
        if passedOver == nil, !isCut { context.fireErrorCaught(error) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // What is passed over is read without being asked for: nobody waits for it any more.
        if passedOver != nil { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Hummingbird answers a broken body, also where the request was answered before.
        guard answers < requests else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        entry.setPeersTurn(true)
        let written = promise ?? context.eventLoop.makePromise()
        let entry = entry
        entry.gives()
        written.futureResult.whenComplete { _ in entry.given() }
        switch unwrapOutboundIn(data) {
        case .head(var head) where (isBeingRead || isCut) && head.status.kind != .informational:
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
            if let size = ahead.popFirst() { memory.release(.heads, of: entry, size) }
            context.write(data, promise: written)
            if passedOver != nil { context.read() }
        case .body(let bytes) where bytes.readableBytes > HeldMemory.small:
            // It was counted before it came here: whoever writes may have waited for long.
            let (memory, count) = (memory, bytes.readableBytes)
            written.futureResult.whenComplete { _ in memory.release(.answer, of: entry, count) }
            context.write(data, promise: written)
        default: context.write(data, promise: written)
        }
    }

    /// Ends the connection: with an answer where a body is being read, else at once.
    private func giveUp(_ cause: ConnectionTable.Cause, _ context: ChannelHandlerContext) {
        guard isBeingRead, passedOver == nil, !isCut else {
            // It is the server's turn, or what was held is not any more.
            if entry.mayGo || !ahead.isEmpty, passedOver == nil, !isCut { context.close(promise: nil) }
            return
        }
        isCut = true
        entry.setCause(cause)
        // To whoever reads the body it ends here; the rest is passed over behind the answer.
        context.fireChannelRead(wrapInboundOut(.end(nil)))
        context.fireChannelReadComplete()
    }

    /// Looks whether the body that is coming has come fast enough so far.
    private func watch(_ context: ChannelHandlerContext, since start: NIODeadline, _ request: Int) {
        let due = start + patience + .milliseconds(Int64(bodySize) *| 1000 / Int64(Self.lowestRate))
        guard due <= .now() else {
            let own = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            bodyTimer = context.eventLoop.scheduleTask(deadline: due) {
                let (handler, context) = own.value
                if handler.isReading, handler.requests == request { handler.watch(context, since: start, request) }
            }
            return
        }
        giveUp(.tooSlow, context)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event as? OutboundEvent {
        case .timeBody:
            if isReading { watch(context, since: .now(), requests) }
            promise?.succeed()
            return
        case .giveUp(let cause):
            giveUp(cause, context)
            promise?.succeed()
            return
        default: break
        }
        // Files that the kernel sends pass by as events.
        entry.setPeersTurn(true)
        let written = promise ?? context.eventLoop.makePromise()
        let entry = entry
        entry.gives()
        written.futureResult.whenComplete { _ in entry.given() }
        context.triggerUserOutboundEvent(event, promise: written)
    }
}
