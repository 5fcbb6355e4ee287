import Glibc
import Linux
import OCI
import Synchronization

/// Basic authentication (RFC 7617) against a file of bcrypt hashes, which is read again when it changes.
///
/// A password that was right is remembered by a keyed hash, so that bcrypt's time is spent once a user and not once a request;
/// wrong ones are answered later and later.
public final class Authenticator: Sendable {
    public enum Verdict: Equatable, Sendable {
        case granted(user: String)
        /// Not before so many milliseconds have passed.
        case refused(delay: Int)
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

    public init(passwordFile path: String) throws {
        self.path = path
        state = Mutex(State(file: try PasswordFile(path: path), stamp: Stamp(path), looked: HostClock.now()))
    }

    /// The user of a header that was found right before; nil where `check` must be asked. Quick.
    public func recall(_ header: String?) -> String? {
        guard let (user, password) = header.flatMap(Self.credentials) else { return nil }
        refresh()
        return state.withLock { state in
            guard let hash = state.file.hashes[user] else { return nil }
            return state.known.contains(digest(user, password, hash)) ? user : nil
        }
    }

    /// Checks a header `Authorization`. Takes bcrypt's time: tens of milliseconds and more.
    public func check(_ header: String?) -> Verdict {
        if let user = recall(header) { return .granted(user: user) }
        // Nobody tried anything: clients ask without a name first.
        guard let header else { return .refused(delay: 0) }
        guard let (user, password) = Self.credentials(header) else { return .refused(delay: 500) }
        let file = state.withLock { $0.file }
        let isRight = file.holds(password, of: user)
        return state.withLock { state in
            guard isRight, let hash = file.hashes[user] else {
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

    /// Reads the file again where it changed; looks at most once a second. One that cannot be read leaves what was.
    private func refresh() {
        let now = HostClock.now()
        let isDue = state.withLock { state in
            guard now - state.looked > Self.second else { return false }
            state.looked = now
            return true
        }
        guard isDue, let stamp = Stamp(path), state.withLock({ $0.stamp != stamp }),
            let file = try? PasswordFile(path: path)
        else { return }
        state.withLock { state in
            state.file = file
            state.stamp = stamp
            state.known = []
        }
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

    /// The user and the password of a header.
    static func credentials(_ header: String) -> (user: String, password: String)? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", header.utf8.count <= 4096,
            let bytes = Base64.decode(parts[1]), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}

/// Base64 (RFC 4648, 4), with or without its padding.
enum Base64 {
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var digits = Array(text.utf8)[...]
        var padding = 0
        while digits.last == UInt8(ascii: "="), padding < 2 {
            digits = digits.dropLast()
            padding += 1
        }
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for digit in digits {
            guard let value = value(digit) else { return nil }
            buffer = buffer << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt32? {
        switch digit {
        case 0x41...0x5A: UInt32(digit) - 0x41
        case 0x61...0x7A: UInt32(digit) - 0x61 + 26
        case 0x30...0x39: UInt32(digit) - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
