import Glibc
import Linux

/// A process as a number that cannot be confused with a later one: its start time belongs to it.
struct Owner: Equatable, Sendable {
    let pid: Int32
    /// Clock ticks after boot (/proc/<pid>/stat, field 22).
    let startTime: UInt64

    var token: String { "\(pid)-\(startTime)" }

    static var current: Owner { Owner(pid: getpid(), startTime: startTime(of: getpid()) ?? 0) }

    init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    init?(token: some StringProtocol) {
        let parts = token.split(separator: "-")
        guard parts.count == 2, let pid = Int32(parts[0]), let time = UInt64(parts[1]) else { return nil }
        self.init(pid: pid, startTime: time)
    }

    var isAlive: Bool { Self.startTime(of: pid) == startTime }

    private static func startTime(of pid: Int32) -> UInt64? { try? Procfs.status(of: pid).startTime }
}
