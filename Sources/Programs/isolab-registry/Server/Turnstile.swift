import NIOCore
import Synchronization

/// Lets few through at a time: of those who wait the one with least to do, so that whoever brings much keeps nobody else waiting; of
/// equals the newest, because in a flood the others wait for longer than their clients do.
final class Turnstile: Sendable {
    private struct Waiting {
        let weight: Int64
        let entry: ConnectionTable.Entry?
        let continuation: CheckedContinuation<Void, Never>

        /// Who sends nothing more may still take an answer, or be gone: whoever is there comes first.
        var rank: (Int, Int64) { (entry?.hasEnded == true ? 1 : 0, weight) }
    }

    private struct State {
        var count = 0
        var waiting: [Waiting] = []
    }

    private let width: Int
    private let state = Mutex(State())

    init(width: Int = 1) { self.width = width }

    /// - Parameter entry: who it is done for; where nobody is there any more when the turn has come, it is not done.
    func pass<Result: Sendable>(
        weight: Int64, for entry: ConnectionTable.Entry? = nil, _ body: () async throws -> Result
    ) async throws -> Result {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.count < width else {
                    state.waiting.append(Waiting(weight: weight, entry: entry, continuation: continuation))
                    return false
                }
                state.count += 1
                return true
            }
            if isFree { continuation.resume() }
        }
        defer {
            let next = state.withLock { state -> Waiting? in
                let next = state.waiting.indices.reversed().min { state.waiting[$0].rank < state.waiting[$1].rank }
                if next == nil { state.count -= 1 }
                return next.map { state.waiting.remove(at: $0) }
            }
            next?.continuation.resume()
        }
        if entry?.isClosed == true { throw ChannelError.ioOnClosedChannel }
        return try await body()
    }
}
