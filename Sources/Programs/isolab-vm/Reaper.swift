import Glibc
import Linux
import Machines

/// Reaps the QEMU processes that libvirt daemonizes: their exact end, status and resources, and no waiting for a slow PID 1.
///
/// libvirt waits for its own helpers by pid, so those must be left to it: a daemonized process is told from them by its
/// session, which is neither ours nor led by itself. A QEMU that libvirt only asks what it can do leads its own session, as
/// some of libvirt's helpers do: it is told by its name, and what nobody has waited for in two seconds nobody will.
enum Reaper {
    /// The signals it waits for; to be blocked in every thread, so before the first is made.
    static func blockSignals() {
        var signals = Self.signals()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Runs until the process ends; `onTermination` is called at SIGTERM.
    static func run(guests: Guests, onTermination: @escaping @Sendable () -> Void) {
        BackgroundThread.start {
            let own = getsid(0)
            var signals = Self.signals()
            // A second is a safety net: a signal that arrives while another of its kind waits is merged with it.
            var second = timespec(tv_sec: 1, tv_nsec: 0)
            var doubtful: [Int32: UInt64] = [:]
            while true {
                let signal = sigtimedwait(&signals, nil, &second)
                let now = HostClock.now()
                if signal == SIGTERM { onTermination() }
                let children = children()
                for child in children { reap(child, own: own, at: now, &doubtful, guests) }
                doubtful = doubtful.filter { children.contains($0.key) }
            }
        }
    }

    private static func signals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGCHLD)
        sigaddset(&signals, SIGTERM)
        return signals
    }

    private static let patience: UInt64 = 2_000_000_000

    private static func reap(
        _ pid: Int32, own: Int32, at now: UInt64, _ doubtful: inout [Int32: UInt64], _ guests: Guests
    ) {
        guard let status = ProcessStatus(pid: pid), status.state == "Z", status.parent == getpid() else { return }
        if status.session == own || status.session == pid && !status.name.hasPrefix("qemu-") {
            let since = doubtful[pid] ?? now
            doubtful[pid] = since
            guard now - since > patience else { return }
        }
        guard let end = try? ProcessExit.poll(pid) else { return }
        var event = GuestEvent(.reaped, name: "", at: now, pid: pid)
        event.status = end.shellStatus
        event.processorTime = end.userTime + end.systemTime
        event.peakResident = end.maximumResidentSet
        guests.reaped(event, pid: pid)
    }

    /// The children of this process: the kernel hands orphans to the first thread of their reaper.
    private static func children() -> [Int32] {
        let own = getpid()
        if let list = try? SystemFile.read("/proc/self/task/\(own)/children") {
            return list.split(separator: " ").compactMap { Int32($0) }
        }
        return ((try? SystemFile.names(in: "/proc")) ?? []).compactMap { Int32($0) }.filter {
            ProcessStatus(pid: $0)?.parent == own
        }
    }
}
