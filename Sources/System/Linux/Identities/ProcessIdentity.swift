/// A process that no other one can be taken for: numbers are used again, but not with the same start time in one boot.
///
/// What a process owns is named after it, and is a leftover once it has ended.
public struct ProcessIdentity: Hashable, Sendable {
    public var pid: Int32
    /// Clock ticks after boot (`/proc/<pid>/stat`, field 22).
    public var startTime: UInt64

    public init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// Of a process that is there now.
    public init(of pid: Int32) throws(SystemError) {
        self.init(pid: pid, startTime: try Procfs.status(of: pid).startTime)
    }

    /// From a token.
    package init?(token: String) {
        let parts = token.parts(between: "-")
        guard parts.count == 2, let pid = Int32(parts[0]), let start = UInt64(parts[1]) else { return nil }
        self.init(pid: pid, startTime: start)
    }

    /// Part of the names of what it owns: `<pid>-<start time>`.
    package var token: String { "\(pid)-\(startTime)" }

    /// Whether it still runs; a zombie does not.
    public var isAlive: Bool {
        guard let status = try? Procfs.status(of: pid) else { return false }
        return status.startTime == startTime && status.state != "Z" && status.state != "X"
    }
}
