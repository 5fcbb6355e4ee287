import Hummingbird
import NIOCore
import NIOPosix
import RegistryServer

/// Brings a request's body to its receiver: gathered into larger pieces, and written by a thread of the pool while the next piece
/// comes. The socket is read no faster than that.
struct BodyReader {
    /// Bytes of a piece.
    private static let pieceSize = 512 * 1024

    let pool: NIOThreadPool
    let eventLoop: any EventLoop
    /// How many bytes came.
    private(set) var count: Int64 = 0

    init(pool: NIOThreadPool, eventLoop: any EventLoop) {
        self.pool = pool
        self.eventLoop = eventLoop
    }

    /// - Parameter length: what the header says; fewer bytes mean that the connection broke.
    mutating func read(_ body: RequestBody, length: Int64?, to receiver: any BodyReceiver) async throws
        -> RegistryResponse
    {
        var writing: EventLoopFuture<Void>?
        var pieces: [ByteBuffer] = []
        var size = 0
        do {
            for try await buffer in body {
                count += Int64(buffer.readableBytes)
                size += buffer.readableBytes
                pieces.append(buffer)
                guard size >= Self.pieceSize else { continue }
                try await writing?.get()
                writing = write(pieces, to: receiver)
                (pieces, size) = ([], 0)
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
        let rest = pieces
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
