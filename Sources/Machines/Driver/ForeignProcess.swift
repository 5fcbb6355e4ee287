internal import CLinux
internal import Glibc
internal import Linux

/// A QEMU that is another's child: its end by pidfd, what it used by its clock and /proc for as long as it has them.
///
/// What only a parent is told, the exit status and the last moments' resource usage, cannot be known.
final class ForeignProcess: Sendable {
    /// What a process used so far.
    struct Usage: Hashable, Sendable {
        /// CPU time, user and system, of all its threads, living and dead, ns (`clock_getcpuclockid(3)`).
        var processorTime: UInt64
        /// Bytes (`VmHWM` of /proc/pid/status).
        var peakResident: UInt64
    }

    let pid: Int32
    private let pidfd: OwnedDescriptor

    /// - Parameter socket: what its command line must name; `nil` where the process is none that does, or has ended.
    init?(pid: Int32, using socket: String) {
        guard pid > 0 else { return nil }
        let descriptor = isolab_pidfd_open(pid)
        guard descriptor >= 0 else { return nil }
        pidfd = OwnedDescriptor(owning: descriptor)
        self.pid = pid
        // Asked only now: from here on the number cannot be another's without the descriptor saying so.
        guard let line = try? TextFile.bytes("/proc/\(pid)/cmdline"), line.contains(Array(socket.utf8)) else {
            return nil
        }
    }

    /// Waits until it has ended.
    func waitForEnd() {
        var poller = pollfd(fd: pidfd.number, events: Int16(POLLIN), revents: 0)
        while poll(&poller, 1, -1) < 0 && errno == EINTR {}
    }

    /// What it used so far; `nil` once it is reaped.
    var usage: Usage? {
        var clock: clockid_t = 0
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        let used = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        return Usage(processorTime: used, peakResident: Self.peakResident(of: pid) ?? 0)
    }

    private static func peakResident(of pid: Int32) -> UInt64? {
        guard let text = try? TextFile.read("/proc/\(pid)/status"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ UInt64($0) })
        else { return nil }
        return kibibytes * 1024
    }
}
