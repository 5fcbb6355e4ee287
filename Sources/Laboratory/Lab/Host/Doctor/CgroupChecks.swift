import Glibc
import Linux

/// Version and controllers, by making a cgroup with the limits that the container lanes use.
enum CgroupChecks {
    /// Controllers without which a container has no limits.
    static let wanted = ["cpu", "memory", "pids"]

    static func all() -> [Capability] {
        let layout: CgroupLayout
        do throws(SystemError) { layout = try CgroupLayout.detect() } catch {
            return [Capability("cgroups", .missing, "\(error)", remedy: mountRemedy, needed: true)]
        }
        let found = check(layout) { () throws(SystemError) in try make(layout) }
        return [geteuid() == 0 ? found : forUser(found, canDelegate: canDelegate(layout))]
    }

    /// An ordinary user's containers run without a cgroup: what they lack is limits.
    ///
    /// - Parameter canDelegate: whether systemd could give the user a cgroup of his own.
    static func forUser(_ found: Capability, canDelegate: Bool) -> Capability {
        guard found.state == .missing else { return found }
        var result = found
        result.state = .limited
        result.detail += "; containers of yours run without limits"
        result.remedy =
            canDelegate
            ? "systemd-run --user --scope -p Delegate=yes isolab run --memory 256m …"
            : "limits need root here: sudo isolab run --memory 256m …"
        return result
    }

    /// Only cgroup v2 lets a directory be somebody's own, and only systemd hands one out.
    private static func canDelegate(_ layout: CgroupLayout) -> Bool {
        layout.mode == .v2 && SystemFile.exists("/run/systemd/system")
    }

    /// - Parameter make: makes and removes a cgroup with limits.
    static func check(_ layout: CgroupLayout, make: () throws(SystemError) -> Void) -> Capability {
        guard layout.mode != .none else {
            return Capability("cgroups", .missing, "no hierarchy is mounted", remedy: mountRemedy, needed: true)
        }
        let controllers = layout.controllers.sorted()
        let found = "\(layout.mode.rawValue): \(controllers.joined(separator: " "))"
        do throws(SystemError) { try make() } catch {
            return Capability(
                "cgroups", .missing, "\(found); a cgroup could not be made: \(error)",
                remedy: error.errno == EACCES || error.errno == EPERM ? "sudo isolab doctor" : "", needed: true)
        }
        let lacking = wanted.filter { !controllers.contains($0) }
        if lacking.isEmpty {
            return Capability("cgroups", .works, "\(found); one was made with limits", needed: true)
        }
        return Capability(
            "cgroups", .limited, "\(found); no controller for \(lacking.joined(separator: ", "))",
            remedy: lacking.contains("memory") ? "add cgroup_enable=memory to the kernel's command line" : "",
            needed: true)
    }

    private static let mountRemedy = "sudo mount -t cgroup2 none /sys/fs/cgroup"

    private static func make(_ layout: CgroupLayout) throws(SystemError) {
        let limits = CgroupLimits(memory: 64 << 20, cpuQuota: 50_000, cpuPeriod: 100_000, processes: 16)
        let name = "doctor-\(getpid())-\(RandomName.make())"
        try Cgroup.create(named: name, limits: limits, layout: layout).remove()
    }
}
