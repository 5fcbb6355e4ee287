public import Glibc

/// A process by its number and the instant of its start: a number alone may be another's by now.
public struct OwnerRecord: Hashable, Sendable {
    public let pid: pid_t
    /// Clock ticks after boot (`proc(5)`, /proc/pid/stat, field 22).
    public let start: UInt64

    public init(pid: pid_t, start: UInt64) {
        self.pid = pid
        self.start = start
    }

    /// The record of a process that lives now.
    public init?(pid: pid_t) {
        guard let status = ProcessStatus(pid: pid) else { return nil }
        self.init(pid: pid, start: status.start)
    }

    public var text: String { "\(pid) \(start)\n" }

    public init?(text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let pid = pid_t(words[0]), let start = UInt64(words[1]) else { return nil }
        self.init(pid: pid, start: start)
    }

    /// It still runs (a zombie does not).
    public var isAlive: Bool {
        guard let status = ProcessStatus(pid: pid) else { return false }
        return status.start == start && status.state != "Z"
    }
}

/// What /proc/pid/stat says of a process.
public struct ProcessStatus: Hashable, Sendable {
    public let state: Character
    public let parent: pid_t
    public let session: pid_t
    /// Clock ticks after boot.
    public let start: UInt64

    public init?(pid: pid_t) {
        guard let text = try? TextFile.read("/proc/\(pid)/stat") else { return nil }
        self.init(stat: text)
    }

    /// The name in parentheses may hold anything, so the fields count from the last one that closes.
    init?(stat text: String) {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = pid_t(fields[1]),
            let session = pid_t(fields[3]), let start = UInt64(fields[19])
        else { return nil }
        self.state = state
        self.parent = parent
        self.session = session
        self.start = start
    }
}
