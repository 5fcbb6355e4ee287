import Glibc
import Linux
import OCI
import Synchronization

/// Basic authentication (RFC 7617) against a file of bcrypt hashes, which is read again when it changes. While it cannot be read,
/// or a line of it is none, nobody is let in: who was taken out of it by a hasty hand would be let in else.
///
/// A password that was right is remembered by a keyed hash, so that bcrypt's time is spent once a user and not once a request;
/// wrong ones are answered later and later.
package final class PasswordAuthenticator: Sendable {
    package enum Verdict: Equatable, Sendable {
        case granted(user: String)
        /// Not before so many milliseconds have passed.
        case refused(delay: Int)
        /// Nobody can be let in now.
        case unavailable(cause: String)
    }

    private struct Stamp: Equatable {
        var seconds = 0
        var nanoseconds = 0
        var size: Int64 = -1
        var inode: UInt64 = 0

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            seconds = Int(status.st_mtim.tv_sec)
            nanoseconds = Int(status.st_mtim.tv_nsec)
            size = Int64(status.st_size)
            inode = UInt64(status.st_ino)
        }
    }

    private struct State {
        var file: PasswordFile
        var stamp: Stamp?
        /// Why the file cannot be read now.
        var problem: String?
        var looked: UInt64
        /// Keyed hashes of user, password and the hash they were found right for.
        var known: Set<String> = []
        /// Wrong passwords in a row, by user, and when the last came.
        var failures: [String: (count: Int, at: UInt64)] = [:]
    }

    private static let greatestCount = 4096
    private static let second: UInt64 = 1_000_000_000

    private let path: String
    private let key = RandomBytes.make(32)
    private let state: Mutex<State>
    private let complain: @Sendable (String) -> Void

    /// - Parameter complain: is told, once each time, that the file cannot be read any more, and that it can be again.
    package init(passwordFile path: String, complain: @escaping @Sendable (String) -> Void = { _ in }) throws {
        self.path = path
        self.complain = complain
        let stamp = Stamp(path)
        state = Mutex(State(file: try PasswordFile(path: path), stamp: stamp, looked: HostClock.now()))
    }

    /// The user of a header that was found right before; nil where `check` must be asked. Quick.
    package func recall(_ header: String?) -> String? {
        refresh()
        guard let (user, password) = header.flatMap(Self.credentials) else { return nil }
        return state.withLock { state in
            guard let hash = state.file.hashes[user] else { return nil }
            return state.known.contains(digest(user, password, hash)) ? user : nil
        }
    }

    /// Checks a header `Authorization`. Takes bcrypt's time: tens of milliseconds and more.
    package func check(_ header: String?) -> Verdict {
        if let user = recall(header) { return .granted(user: user) }
        if let problem = state.withLock({ $0.problem }) { return .unavailable(cause: problem) }
        // Nobody tried anything: clients ask without a name first.
        guard let header else { return .refused(delay: 0) }
        guard let (user, password) = Self.credentials(header) else { return .refused(delay: 500) }
        let file = state.withLock { $0.file }
        let isRight = file.holds(password, of: user)
        return state.withLock { state in
            // Of a file that was read anew meanwhile nothing is known yet.
            guard isRight, let hash = file.hashes[user], state.file.hashes[user] == hash else {
                if state.failures.count >= Self.greatestCount { state.failures = [:] }
                let now = HostClock.now()
                var failure = state.failures[user] ?? (0, now)
                if now - failure.at > 300 * Self.second { failure.count = 0 }
                failure = (min(failure.count + 1, 10), now)
                state.failures[user] = failure
                return .refused(delay: min(5000, 100 << failure.count))
            }
            state.failures[user] = nil
            if state.known.count >= Self.greatestCount { state.known = [] }
            state.known.insert(digest(user, password, hash))
            return .granted(user: user)
        }
    }

    /// Looks at most once a second.
    private func refresh() {
        let now = HostClock.now()
        let isDue = state.withLock { state in
            guard now - state.looked > Self.second else { return false }
            state.looked = now
            return true
        }
        if isDue { reload() }
    }

    /// Reads the file again where it changed. Where it cannot be read, nobody is known any more until it can.
    func reload() {
        let stamp = Stamp(path)
        let isCurrent = state.withLock { $0.problem == nil && stamp != nil && $0.stamp == stamp }
        guard !isCurrent else { return }
        let file: PasswordFile
        var problem: String?
        do { file = try PasswordFile(path: path) } catch {
            problem = "\(error)"
            file = .empty
        }
        let hasChanged = state.withLock { state in
            state.file = file
            state.stamp = stamp
            state.known = []
            defer { state.problem = problem }
            return state.problem != problem
        }
        guard hasChanged else { return }
        complain(
            problem.map { "all requests are refused until this is fixed: \($0)" }
                ?? "\(path) can be read again: its users are let in")
    }

    private func digest(_ user: String, _ password: String, _ hash: String) -> String {
        var hasher = ContentHasher(.sha256)
        key.withUnsafeBytes { hasher.update($0) }
        for part in [user, password, hash] {
            // With their lengths, so that no two triples are one sequence of bytes.
            let bytes = Array("\(part.utf8.count):".utf8) + Array(part.utf8)
            bytes.withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finish().description
    }

    /// Whose password a header brings; nil where it is none of this scheme.
    package static func user(of header: String) -> String? { credentials(header)?.user }

    /// The user and the password of a header.
    static func credentials(_ header: String) -> (user: String, password: String)? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", header.utf8.count <= 4096,
            let bytes = LooseBase64.decode(parts[1]), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}
