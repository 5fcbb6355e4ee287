import Linux

/// A fresh cgroup around one sandbox's processes from their first instruction on: its charge is the common measure of
/// all lanes.
final class AccountingCgroup {
    let cgroup: Cgroup
    private var removed = false

    /// The hierarchy that accounts for memory; the others are left alone.
    private static let layout: CgroupLayout? = {
        guard let hierarchy = (try? CgroupLayout.detect())?.hierarchy(of: "memory") else { return nil }
        return CgroupLayout(hierarchies: [hierarchy])
    }()

    /// Makes the cgroup; `nil` where the host has no memory controller.
    init?(_ name: String) throws(SystemError) {
        guard let layout = Self.layout else { return nil }
        cgroup = try Cgroup.create(named: name, layout: layout)
    }

    /// Bytes charged now.
    var charge: UInt64? { try? cgroup.memoryCurrent() }

    /// Moves a process back to where isolab itself is.
    func bringBack(_ pid: Int32) {
        for hierarchy in Self.layout?.hierarchies ?? [] {
            let own = hierarchy.ownPath == "/" ? "" : hierarchy.ownPath
            try? SystemFile.write("\(pid)", to: "\(hierarchy.mountPoint)\(own)/cgroup.procs")
        }
    }

    func remove() throws(SystemError) {
        guard !removed else { return }
        removed = true
        try cgroup.remove()
    }

    deinit { try? remove() }

    /// Removes every cgroup of an owner that is gone, in all hierarchies; sandboxes' names begin with the token.
    static func removeAll(of token: String) -> [String] {
        guard let layout = try? CgroupLayout.detect() else { return [] }
        var names: Set<String> = []
        for hierarchy in layout.hierarchies {
            let base = "\(hierarchy.mountPoint)/\(Cgroup.base)"
            names.formUnion(Files.names(in: base).filter { $0.hasPrefix("isolab-\(token)-") })
        }
        return names.sorted().compactMap { name in
            let cgroup = Cgroup(existing: CgroupPlan(name: name, limits: CgroupLimits(cpus: "0"), layout: layout))
            try? cgroup.kill()
            return (try? cgroup.remove()) != nil ? "cgroup \(name)" : nil
        }
    }
}
