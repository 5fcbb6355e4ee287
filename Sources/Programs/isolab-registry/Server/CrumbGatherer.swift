import Glibc
import Linux
import NIOCore
import NIOHTTP1

/// Puts the little pieces together in which a body came at one go, so that everything behind the parser sees one piece, and makes
/// whoever sends crumbs wait: a chunk of one byte takes the parser as long as one of a thousand, and there are hundreds of thousands
/// of them in what a fast connection reads at once. It stands right behind the parser.
final class CrumbGatherer: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Pieces of fewer bytes are put together.
    private static let littlePiece = 4 << 10
    /// So many pieces of a reading, of so few bytes on the average, are crumbs.
    private static let (crumbCount, crumbSize) = (32, 256)
    /// Bytes that are read at a time of whoever sent crumbs.
    private static let readingOfCrumbs = 4 << 10

    private let pace: CrumbPace
    private let input: InputLimit
    private var first: ByteBuffer?
    /// What came behind the first, and that; the handler's own.
    private var gathered: ByteBuffer?
    /// Little pieces of this reading, their bytes, and what the loop's thread had taken when the first of them came.
    private var pieces = 0
    private var bytes = 0
    private var start: Int64?
    private var readsLittle = false
    /// Nothing is read before.
    private var due: NIODeadline?
    private var timer: Scheduled<Void>?

    init(_ pace: CrumbPace, _ input: InputLimit) { (self.pace, self.input) = (pace, input) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        passOn(context)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .body(let piece) = unwrapInboundIn(data), piece.readableBytes < Self.littlePiece else {
            passOn(context)
            return context.fireChannelRead(data)
        }
        if start == nil { start = Self.processorTime() }
        pieces += 1
        bytes += piece.readableBytes
        if gathered != nil {
            gathered?.writeImmutableBuffer(piece)
        } else if let first {
            var both = context.channel.allocator.buffer(capacity: first.readableBytes + piece.readableBytes)
            both.writeImmutableBuffer(first)
            both.writeImmutableBuffer(piece)
            gathered = both
        } else {
            first = piece
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        passOn(context)
        context.fireChannelReadComplete()
        if let start, pieces >= Self.crumbCount, bytes / pieces < Self.crumbSize {
            due = pace.next(after: Self.processorTime() -| start)
            readLittle(context)
        }
        (pieces, bytes, start) = (0, 0, nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        passOn(context)
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        passOn(context)
        context.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) {
        guard let due, due > .now() else {
            self.due = nil
            return context.read()
        }
        guard timer == nil else { return }
        let own = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: due) {
            let (handler, context) = own.value
            handler.timer = nil
            handler.due = nil
            context.read()
        }
    }

    /// What this thread has taken of processors, in nanoseconds: on a busy machine it is not the crumbs that take long.
    private static func processorTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) *| 1_000_000_000 +| Int64(time.tv_nsec)
    }

    private func passOn(_ context: ChannelHandlerContext) {
        guard let piece = gathered ?? first else { return }
        (first, gathered) = (nil, nil)
        context.fireChannelRead(wrapInboundOut(.body(piece)))
    }

    private func readLittle(_ context: ChannelHandlerContext) {
        guard !readsLittle, let options = context.channel.syncOptions else { return }
        readsLittle = true
        input.limit = InputLimit.least
        let allocator = FixedSizeRecvByteBufferAllocator(capacity: Self.readingOfCrumbs)
        try? options.setOption(.recvAllocator, value: allocator)
        try? options.setOption(.maxMessagesPerRead, value: 1)
    }
}

/// When crumbs are read next: those of all connections of one event loop take a quarter of its time together, and the others find the
/// rest free, however many send crumbs.
final class CrumbPace {
    private static let share: Int64 = 4

    /// Until then others who send crumbs have their turns.
    private var free = NIODeadline.now()

    /// - Parameter cost: what was spent on crumbs just now, in nanoseconds.
    func next(after cost: Int64) -> NIODeadline {
        free = max(.now(), free) + .nanoseconds(cost *| Self.share)
        return free
    }
}
