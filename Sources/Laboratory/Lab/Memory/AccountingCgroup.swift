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
    ///
    /// - Parameter limits: those that the processes would have where they are taken from; on v1 that of memory alone is of this
    ///   hierarchy.
    init?(_ name: String, limits: CgroupLimits = CgroupLimits()) throws(SystemError) {
        guard let layout = Self.layout else { return nil }
        let isUnified = layout.hierarchies.contains { $0.version == 2 }
        cgroup = try Cgroup.create(
            named: name, limits: isUnified ? limits : CgroupLimits(memory: limits.memory), layout: layout)
    }

    /// Bytes charged now.
    var charge: UInt64? { try? cgroup.memoryCurrent() }

    /// A process that is in the cgroup for a while.
    struct Loan {
        fileprivate let pid: Int32
        /// Where it came from.
        fileprivate let directories: [String]

        func giveBack() {
            for directory in directories { try? SystemFile.write("\(pid)", to: directory + "/cgroup.procs") }
        }
    }

    /// Moves a process in.
    func borrow(_ pid: Int32) throws(SystemError) -> Loan {
        let all = CgroupLayout(
            mountInformation: try SystemFile.read("/proc/self/mountinfo"),
            ownCgroups: try SystemFile.read("/proc/\(pid)/cgroup"))
        let mounts = Set(Self.layout?.hierarchies.map(\.mountPoint) ?? [])
        let directories = all.hierarchies.filter { mounts.contains($0.mountPoint) }.map {
            $0.mountPoint + ($0.ownPath == "/" ? "" : $0.ownPath)
        }
        try cgroup.move(pid)
        return Loan(pid: pid, directories: directories)
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
