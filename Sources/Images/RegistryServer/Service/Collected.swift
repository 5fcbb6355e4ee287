import Synchronization

/// Bytes gathered in memory, up to a limit. They are kept in the pieces in which they come: an array that grows has room for twice
/// its bytes, and those who never send the rest would keep it.
final class Collected: Sendable {
    private struct State {
        var pieces: [[UInt8]] = []
        var count = 0
    }

    private let state = Mutex(State())

    /// - Returns: whether they fitted.
    func append(_ more: UnsafeRawBufferPointer, limit: Int) -> Bool {
        state.withLock { state in
            guard state.count + more.count <= limit else { return false }
            state.pieces.append(Array(more))
            state.count += more.count
            return true
        }
    }

    /// All of them, which are kept no longer.
    func take() -> [UInt8] {
        state.withLock { state in
            defer { state = State() }
            var all: [UInt8] = []
            all.reserveCapacity(state.count)
            for piece in state.pieces { all += piece }
            return all
        }
    }
}
