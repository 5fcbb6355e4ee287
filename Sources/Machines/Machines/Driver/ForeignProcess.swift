internal import Glibc
internal import Linux

/// A QEMU that is another's child: its end by pidfd, what it used by its clock and /proc for as long as it has them.
///
/// What only a parent is told, the exit status and the last moments' resource usage, cannot be known.
final class ForeignProcess: Sendable {
    let pid: Int32
    private let pidfd: OwnedDescriptor

    /// - Parameter socket: what its command line must name; `nil` where the process is none that does, or has ended.
    init?(pid: Int32, using socket: String) {
        guard pid > 0, let descriptor = Procfs.descriptor(of: pid) else { return nil }
        pidfd = descriptor
        self.pid = pid
        // Asked only now: from here on the number cannot be another's without the descriptor saying so.
        guard let line = try? SystemFile.bytes(of: "/proc/\(pid)/cmdline"), line.contains(Array(socket.utf8)) else {
            return nil
        }
    }

    /// Waits until it has ended.
    func waitForEnd() {
        var poller = pollfd(fd: pidfd.number, events: Int16(POLLIN), revents: 0)
        while poll(&poller, 1, -1) < 0 && errno == EINTR {}
    }

    /// What it used so far; `nil` once it is reaped.
    var usage: ProcessUsage? { ProcessUsage(of: pid) }
}
