import Glibc
import Linux

/// Processes of a container that its end does not end, in its cgroup: those that were about to join it stand outside of its pid
/// namespace; one that was about to be its first has nobody else's word that it ever was; and a file system that never answers (FUSE)
/// keeps any of them from dying.
struct LeftJoiners {
    /// Those in our own pid namespace whose children would be in another, in which nobody lives. A container that shares the cgroup
    /// lives, and so does its namespace.
    private var joining: [Int32] = []
    /// Those that do nothing more but end.
    private(set) var dying: [Int32] = []
    /// Whether there are others, which live.
    private(set) var hasOthers = false

    /// What those are called who have not joined anything yet: where they are born, they may be frozen.
    static let name = "isolab-joining"

    /// Whether a process of our own pid namespace is one of those.
    private static func isNamed(_ pid: Int32) -> Bool { (try? Procfs.status(of: pid).name) == name }

    init(in cgroup: Cgroup) {
        guard let own = try? Procfs.namespace("pid", of: "self") else { return }
        var found: [(pid: Int32, own: String, next: String, isDying: Bool)] = []
        for pid in cgroup.everybody {
            let isDying = Procfs.isDying(pid)
            do throws(SystemError) {
                // Whoever is on his way out has none for his children any more.
                let next = try Procfs.namespace("pid_for_children", of: "\(pid)")
                found.append((pid, try Procfs.namespace("pid", of: "\(pid)"), next, isDying))
            } catch {
                let state = try? Procfs.status(of: pid).state
                if state != nil, isDying || error.errno == ENOENT || state == "Z" || state == "X" { dying.append(pid) }
            }
        }
        let inhabited = Set(found.filter { !$0.isDying }.map(\.own) + [own])
        for process in found {
            if process.own == own, !inhabited.contains(process.next) || Self.isNamed(process.pid) {
                joining.append(process.pid)
            } else if process.isDying, process.own == own || !inhabited.contains(process.own) {
                dying.append(process.pid)
            } else {
                hasOthers = true
            }
        }
    }

    /// Kills one that is still what it was found to be.
    private static func end(_ pid: Int32) {
        guard let descriptor = Procfs.descriptor(of: pid) else { return }
        guard let own = try? Procfs.namespace("pid", of: "self"),
            (try? Procfs.namespace("pid", of: "\(pid)")) == own,
            let next = try? Procfs.namespace("pid_for_children", of: "\(pid)"), next != own || isNamed(pid)
        else { return }
        try? RunningProcess.send(SIGKILL, to: descriptor.number, pid)
    }

    /// Kills those that were about to join.
    func endJoining() {
        for pid in joining { Self.end(pid) }
    }

    /// Looks, in all ten seconds: the kernel lets go of some only when the container's file systems are gone.
    private static let looks = 2000
    private static let looksThatTell = 4

    /// Kills them, and waits until nobody is in the cgroup but others.
    ///
    /// - Returns: whether there are others.
    /// - Throws: where one does not die.
    static func end(in cgroup: Cgroup) throws(SystemError) -> Bool {
        var left: [Int32] = []
        var looksAtOthers = 0
        for _ in 0..<looks {
            guard cgroup.leave() else { return false }
            let found = LeftJoiners(in: cgroup)
            left = found.joining + found.dying
            // One that ends while it is looked at is in no group, or in the wrong one: others are there at every look.
            looksAtOthers = left.isEmpty && found.hasOthers ? looksAtOthers + 1 : 0
            guard looksAtOthers < looksThatTell else { return true }
            found.endJoining()
            // What was frozen, by a process inside perhaps, does not die.
            cgroup.thawForEnd()
            usleep(5000)
        }
        if left.isEmpty { return true }
        throw cgroup.isHeldFromAbove
            ? SystemError("end", UndyingProcesses.words(left), errno: EBUSY, advice: Cgroup.heldFromAbove)
            : UndyingProcesses.error(left)
    }
}
