import Glibc
import NIOPosix
import RegistryServer
import Synchronization

/// Has passwords checked by threads of their own, in the order of `LoginQueue`. Requests that bring the same are answered by one
/// check.
final class LoginDesk: Sendable {
    enum Outcome: Sendable {
        case verdict(PasswordAuthenticator.Verdict)
        /// There was no room: others have more of the right.
        case tooMany
    }

    private struct State {
        var queue = LoginQueue()
        var nextID = 0
        var headers: [Int: String] = [:]
        /// By header: who waits for what comes of it.
        var waiting: [String: [CheckedContinuation<Outcome, Never>]] = [:]
    }

    private let authenticator: PasswordAuthenticator
    private let pool: NIOThreadPool
    private let width: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - pool: its threads, of which there are at least `width`, do nothing else.
    init(_ authenticator: PasswordAuthenticator, pool: NIOThreadPool, width: Int) {
        self.authenticator = authenticator
        self.pool = pool
        self.width = width
    }

    func check(_ header: String, from peer: String) async -> Outcome {
        // What is no password costs nothing to refuse.
        guard let user = PasswordAuthenticator.user(of: header) else { return .verdict(authenticator.check(header)) }
        return await withCheckedContinuation { continuation in
            let dropped = state.withLock { state -> [CheckedContinuation<Outcome, Never>] in
                if state.waiting[header] != nil {
                    state.waiting[header]?.append(continuation)
                    return []
                }
                let entry = LoginQueue.Entry(id: state.nextID, user: user, peer: peer)
                state.nextID += 1
                state.headers[entry.id] = header
                state.waiting[header] = [continuation]
                return state.queue.enqueue(entry).map { Self.take($0, &state) } ?? []
            }
            for one in dropped { one.resume(returning: .tooMany) }
            pump()
        }
    }

    private static func take(
        _ entry: LoginQueue.Entry, _ state: inout State
    ) -> [CheckedContinuation<Outcome, Never>] {
        guard let header = state.headers.removeValue(forKey: entry.id) else { return [] }
        return state.waiting.removeValue(forKey: header) ?? []
    }

    /// Starts as many checks as there are threads.
    private func pump() {
        while true {
            let job = state.withLock { state -> (LoginQueue.Entry, String)? in
                guard state.queue.runningCount < width, let entry = state.queue.next(),
                    let header = state.headers[entry.id]
                else { return nil }
                return (entry, header)
            }
            guard let (entry, header) = job else { return }
            pool.submit { work in
                // Whoever transfers something goes before whoever tries a password. On Linux, 0 is the calling thread.
                _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
                let outcome: Outcome =
                    work == .active ? .verdict(self.authenticator.check(header)) : .tooMany
                let waiting = self.state.withLock { state in
                    state.queue.finish(entry)
                    return Self.take(entry, &state)
                }
                for one in waiting { one.resume(returning: outcome) }
                self.pump()
            }
        }
    }
}
