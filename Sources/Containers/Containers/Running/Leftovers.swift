import Glibc
public import Linux

/// What an isolab that was killed left on the host.
public struct Leftovers: Equatable, Sendable, CustomStringConvertible {
    /// The process that made it, which is gone.
    public let ownerPID: Int32
    /// Its cgroups, by name.
    public let cgroups: [String]
    private let recordPath: String
    private let plans: [CgroupPlan]

    /// Looks for owner records whose process is gone, and for what carries their names.
    public static func find(
        stateDirectory: String = StandardDirectories.state, layout: CgroupLayout? = nil
    ) throws(SystemError) -> [Leftovers] {
        let known: CgroupLayout
        if let layout { known = layout } else { known = try CgroupLayout.detect() }
        var result: [Leftovers] = []
        for record in try OwnerRecord.all(in: stateDirectory) where !record.process.isAlive {
            let empty = CgroupPlan(
                name: "", limits: CgroupLimits(), layout: known, delegated: !StandardDirectories.isHostRoot)
            var names: Set<String> = []
            for directory in empty.directories {
                let present = (try? SystemFile.names(in: directory.base)) ?? []
                names.formUnion(present.filter { $0.starts(record.prefix + "-") })
            }
            let sorted = names.sorted()
            result.append(
                Leftovers(
                    ownerPID: record.process.pid, cgroups: sorted, recordPath: record.path,
                    plans: sorted.map {
                        CgroupPlan(
                            name: $0, limits: CgroupLimits(), layout: known,
                            delegated: !StandardDirectories.isHostRoot)
                    }))
        }
        return result
    }

    /// Kills what still runs in the cgroups, removes them, and the record last.
    public func release() throws(SystemError) {
        for plan in plans {
            try Cgroup(existing: plan).end()
        }
        unlink(recordPath)
    }

    public var description: String {
        cgroups.isEmpty
            ? "the record of process \(ownerPID), which is gone"
            : "of process \(ownerPID), which is gone: cgroups \(cgroups.joined(separator: ", "))"
    }
}
