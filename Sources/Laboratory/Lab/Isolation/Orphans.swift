import Glibc
import Linux

/// Processes that sandboxes leave when the one that isolab started has ended.
///
/// The harness adopts orphans (`becomeSubreaper`): whatever a launch leaves running, however it daemonised, becomes the
/// harness's own child. Only for a process that starts nothing but sandboxes meanwhile.
final class Orphans {
    /// What was left, and what became of it.
    struct Outcome: Equatable, Sendable {
        /// Why the launch does not count.
        var objection: String?
        /// User and system time of those that ended by themselves, and of what they waited for, nanoseconds.
        var cpuNanoseconds: UInt64 = 0
        /// When the last of them had ended (`HostClock`); nil where there were none.
        var ended: UInt64?
    }

    /// How long what is about to end may take to: a namespace's first process ends a moment after the command that made it, and on a
    /// busy host waits for a processor before. When it ended is known all the same.
    private static let patience: UInt64 = 1_000_000_000
    private let known: Set<Int32>

    /// Notes the children that are the harness's own: drivers that lanes share.
    init() throws(SystemError) {
        try becomeSubreaper()
        known = Set(Self.children())
    }

    /// Reaps what a launch left once it ends, and ends what will not. Called when every sandbox has ended.
    func settle() -> Outcome {
        var outcome = Outcome()
        let deadline = HostClock.now() + Self.patience
        var left = orphans()
        while !left.isEmpty {
            let isLate = HostClock.now() > deadline
            if isLate, outcome.objection == nil { outcome.objection = "it left processes behind: \(Self.names(left))" }
            for pid in left {
                if isLate { Self.kill(pid) }
                if let exit = try? ProcessExit.poll(pid) {
                    outcome.cpuNanoseconds += exit.userTime + exit.systemTime
                    outcome.ended = HostClock.now()
                }
            }
            // What they held in their turn has come here meanwhile.
            left = orphans()
            if !left.isEmpty { Pause.milliseconds(1) }
            // A process that not even SIGKILL ends waits for the kernel: it is named, and left.
            if HostClock.now() > deadline + 2 * Self.patience { break }
        }
        return outcome
    }

    /// Those that live now, with all that descends from them: what sandboxes that are alive have cut loose.
    ///
    /// The sandboxes' own processes are among them, where isolab started these itself.
    var alive: [Int32] {
        orphans().flatMap { [$0] + ((try? Procfs.descendants(of: $0)) ?? []) }
    }

    private func orphans() -> [Int32] { Self.children().filter { !known.contains($0) } }

    private static func kill(_ pid: Int32) {
        for descendant in (try? Procfs.descendants(of: pid)) ?? [] { Glibc.kill(descendant, SIGKILL) }
        Glibc.kill(pid, SIGKILL)
    }

    private static func names(_ pids: [Int32]) -> String {
        pids.map { pid in "\((try? Procfs.status(of: pid))?.name ?? "?") (process \(pid))" }.joined(separator: ", ")
    }

    /// Every child of this process, ended or not.
    private static func children() -> [Int32] {
        var state = siginfo_t()
        // No child at all, as in most runs without guests: nothing has to be searched.
        if waitid(P_ALL, 0, &state, WEXITED | WNOHANG | WNOWAIT) == -1, errno == ECHILD { return [] }
        let own = getpid()
        return ((try? Procfs.processes()) ?? []).filter { (try? Procfs.status(of: $0))?.parent == own }
    }
}
