import Glibc
import Linux
public import SystemdUnits

/// This process's own place below an ordinary user's instance of systemd.
public enum OwnScope {
    /// Takes this process there, where it is elsewhere: from elsewhere, such as his session, nobody may move a process into what is
    /// that instance's (cgroups(7), "Delegation containment"). It ends up in a scope of its own, which is his to divide and goes with it.
    public static func enter(_ instance: SystemdInstance) throws(BusError) {
        let manager = try SystemdManager(instance)
        let facts = try manager.facts()
        let own = (try? SystemFile.read("/proc/self/cgroup")) ?? ""
        if let path = ScopeHold.path(in: own), path.path(below: facts.controlGroup) != nil { return }
        let name = "\(getpid())-\(RandomName.make())"
        guard let place = try? SystemdPlace("user.slice:isolab-command:\(name)", id: name, isUser: true) else { return }
        let unit = ScopeUnit(
            place, description: "isolab, beside its containers", limits: CgroupLimits(), facts: facts)
        try manager.start(unit, processes: [getpid()])
    }

    /// Takes this process into such a scope where it has no cgroup to divide, and there is an instance that would give it one: what it
    /// makes then is below it. Cgroup v1 delegates nothing to anybody.
    public static func enterWhereNothingIsDelegated() throws {
        let layout = try CgroupLayout.detect()
        guard layout.mode == .v2, let unified = layout.unified, !unified.isDelegated else { return }
        let instance = SystemdInstance.detect()
        if instance.isUser, instance.isThere { try enter(instance) }
    }
}
