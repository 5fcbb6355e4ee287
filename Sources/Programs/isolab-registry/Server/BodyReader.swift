import Hummingbird
import Linux
import NIOCore
import NIOPosix
import RegistryServer

/// Brings a request's body to its receiver: gathered into larger pieces, and written by a thread of the pool while the next piece
/// comes. The socket is read no faster than that. Of a body that its receiver keeps in memory every byte is held from its coming on.
struct BodyReader {
    let pool: NIOThreadPool
    let channel: any Channel
    let memory: HeldMemory
    /// The connection, for bodies that are held.
    let entry: ConnectionTable.Entry?
    /// Large documents are taken in one after the other: read, they take many times their bytes.
    let turnstile: Turnstile
    /// How many bytes came.
    private(set) var count: Int64 = 0
    /// How many of them are counted as held, or as gathered.
    private var counted = 0

    private static let largeDocument: Int64 = 64 << 10

    init(_ responder: RegistryResponder, _ channel: any Channel, _ entry: ConnectionTable.Entry?) {
        pool = responder.pool
        memory = responder.memory
        turnstile = responder.turnstile
        self.channel = channel
        self.entry = entry
    }

    /// - Parameter length: what the header says; fewer bytes mean that the connection broke.
    mutating func read(_ body: RequestBody, length: Int64?, to receiver: any BodyReceiver) async throws
        -> RegistryResponse
    {
        if receiver.isHeld {
            channel.triggerUserOutboundEvent(OutboundEvent.timeBody, promise: nil)
        } else {
            memory.beginGathering()
        }
        defer {
            if !receiver.isHeld {
                memory.passOn(counted)
                memory.endGathering()
            } else if let entry {
                memory.release(.body, of: entry)
            }
        }
        var writing: EventLoopFuture<Void>?
        var piece = BodyPiece()
        do {
            for try await buffer in body {
                count +|= Int64(buffer.readableBytes)
                try note(buffer.readableBytes, receiver)
                piece.append(buffer)
                guard piece.size >= memory.pieceSize else { continue }
                try await writing?.get()
                writing = write(piece, to: receiver)
                if !receiver.isHeld { counted -= piece.size }
                piece = BodyPiece()
            }
            try await writing?.get()
            writing = nil
            if let fault = entry?.fault { throw fault }
            if let length, count < length { throw ChannelError.eof }
        } catch {
            // The receiver is never told two things at once.
            _ = try? await writing?.get()
            try? await pool.runIfActive { receiver.cut() }
            throw error
        }
        let rest = piece.buffers
        guard receiver.isHeld, count > Self.largeDocument else { return try await finish(rest, receiver) }
        return try await turnstile.pass(weight: count) { try await finish(rest, receiver) }
    }

    private mutating func note(_ size: Int, _ receiver: any BodyReceiver) throws {
        guard receiver.isHeld else {
            counted += size
            memory.gather(size)
            return
        }
        let held = Int(clamping: count -| Int64(HeldMemory.small)) - counted
        guard held > 0 else { return }
        counted += held
        // A connection that is in the table no more is being closed.
        guard let entry, memory.hold(.body, of: entry, held) else { throw RegistryFault.noMemory }
    }

    private func finish(_ rest: [ByteBuffer], _ receiver: any BodyReceiver) async throws -> RegistryResponse {
        try await pool.runIfActive {
            do {
                try Self.give(rest, to: receiver)
            } catch {
                receiver.cut()
                throw error
            }
            return try receiver.finish()
        }
    }

    private func write(_ piece: BodyPiece, to receiver: any BodyReceiver) -> EventLoopFuture<Void> {
        let (buffers, size, memory) = (piece.buffers, receiver.isHeld ? 0 : piece.size, memory)
        return pool.runIfActive(eventLoop: channel.eventLoop) {
            defer { memory.passOn(size) }
            try Self.give(buffers, to: receiver)
        }
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
