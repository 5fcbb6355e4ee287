import Hummingbird
import Linux
import NIOCore
import NIOPosix
import RegistryServer
import Synchronization

/// How much of the bodies that come in at a time is gathered before it is written: large pieces from few, small ones from many.
final class BodyBudget: Sendable {
    /// Bytes of all pieces together, roughly; of one at least and at most.
    private static let whole = 32 << 20
    private static let pieces = (least: 16 * 1024, greatest: 512 * 1024)

    private let count = Atomic(0)

    func begin() { count.add(1, ordering: .relaxed) }
    func end() { count.subtract(1, ordering: .relaxed) }

    /// Bytes of a piece now.
    var pieceSize: Int {
        min(Self.pieces.greatest, max(Self.pieces.least, Self.whole / max(1, count.load(ordering: .relaxed))))
    }
}

/// Brings a request's body to its receiver: gathered into larger pieces, and written by a thread of the pool while the next piece
/// comes. The socket is read no faster than that.
struct BodyReader {
    let pool: NIOThreadPool
    let eventLoop: any EventLoop
    let budget: BodyBudget
    /// How many bytes came.
    private(set) var count: Int64 = 0

    init(pool: NIOThreadPool, eventLoop: any EventLoop, budget: BodyBudget) {
        self.pool = pool
        self.eventLoop = eventLoop
        self.budget = budget
    }

    /// - Parameter length: what the header says; fewer bytes mean that the connection broke.
    mutating func read(_ body: RequestBody, length: Int64?, to receiver: any BodyReceiver) async throws
        -> RegistryResponse
    {
        budget.begin()
        defer { budget.end() }
        var writing: EventLoopFuture<Void>?
        var piece = BodyPiece()
        do {
            for try await buffer in body {
                count +|= Int64(buffer.readableBytes)
                piece.append(buffer)
                guard piece.size >= budget.pieceSize else { continue }
                try await writing?.get()
                writing = write(piece.buffers, to: receiver)
                piece = BodyPiece()
            }
            try await writing?.get()
            writing = nil
            if let length, count < length { throw ChannelError.eof }
        } catch {
            // The receiver is never told two things at once.
            _ = try? await writing?.get()
            try? await pool.runIfActive { receiver.cut() }
            throw error
        }
        let rest = piece.buffers
        return try await pool.runIfActive {
            do {
                try Self.give(rest, to: receiver)
            } catch {
                receiver.cut()
                throw error
            }
            return try receiver.finish()
        }
    }

    private func write(_ pieces: [ByteBuffer], to receiver: any BodyReceiver) -> EventLoopFuture<Void> {
        pool.runIfActive(eventLoop: eventLoop) { try Self.give(pieces, to: receiver) }
    }

    private static func give(_ pieces: [ByteBuffer], to receiver: any BodyReceiver) throws {
        for piece in pieces { try piece.withUnsafeReadableBytes { try receiver.receive($0) } }
    }
}

/// Buffers that are written together.
private struct BodyPiece {
    private(set) var buffers: [ByteBuffer] = []
    private(set) var size = 0
    /// The last one is the piece's own, and takes more.
    private var isOpen = false

    /// Keeps a buffer that is well filled; of others, which may hold a thousand times their bytes, the bytes alone.
    mutating func append(_ buffer: ByteBuffer) {
        size += buffer.readableBytes
        if buffer.readableBytes >= buffer.storageCapacity / 2 {
            buffers.append(buffer)
            isOpen = false
            return
        }
        if !isOpen {
            buffers.append(ByteBuffer())
            isOpen = true
        }
        buffers[buffers.count - 1].writeImmutableBuffer(buffer)
    }
}
