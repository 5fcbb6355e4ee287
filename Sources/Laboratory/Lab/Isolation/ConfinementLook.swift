import Glibc
import Linux

/// What the host sees around one process besides its namespaces: the limits of its cgroup, and what is mounted in it.
struct ConfinementLook: Equatable, Sendable {
    /// Bytes; nil where it cannot be read.
    var memoryLimit: UInt64?
    var limits: SandboxLimits
    /// Mount points, as the process names them, and whether they are to be read only.
    var mounts: [String: Bool]
    /// Paths that are there at all, of those asked about.
    var isThere: @Sendable (String) -> Bool

    init(
        memoryLimit: UInt64?, limits: SandboxLimits, mounts: [String: Bool],
        isThere: @escaping @Sendable (String) -> Bool
    ) {
        self.memoryLimit = memoryLimit
        self.limits = limits
        self.mounts = mounts
        self.isThere = isThere
    }

    /// Looks at a process; nil where it is not for this user to look at.
    init?(process: Int32) {
        guard let entries = try? MountEntry.all(of: "\(process)") else { return nil }
        mounts = Self.mounts(entries)
        memoryLimit = MemoryCgroup.number(of: process, files: ("memory.limit_in_bytes", "memory.max"))
        limits = SandboxLimits(process: process)
        isThere = { path in
            var status = stat()
            return lstat("/proc/\(process)/root\(path)", &status) == 0
        }
    }

    static func == (one: ConfinementLook, other: ConfinementLook) -> Bool {
        one.memoryLimit == other.memoryLimit && one.limits == other.limits && one.mounts == other.mounts
    }

    /// Why this is less than what is declared; nil where it is not.
    func objection(_ declared: DeclaredIsolation) -> String? {
        var differences: [String] = []
        if let limit = declared.memoryLimit, memoryLimit != limit {
            let found = memoryLimit.map { "\($0) bytes" } ?? "no limit that can be seen"
            differences.append("its memory is limited to \(found) instead of \(limit) bytes")
        }
        differences += limits.differences(declared)
        let absent = declared.mountPoints.filter { mounts[$0] == nil }
        if !absent.isEmpty { differences.append("nothing is mounted on \(absent.joined(separator: ", "))") }
        let open = declared.maskedPaths.filter { isThere($0) && mounts[$0] == nil }
        if !open.isEmpty { differences.append("nothing is mounted over \(open.joined(separator: ", "))") }
        let writable = declared.readOnlyPaths.filter { isThere($0) && mounts[$0] != true }
        if !writable.isEmpty { differences.append("\(writable.joined(separator: ", ")) can be written to") }
        guard !differences.isEmpty else { return nil }
        return "the isolation is not its lane's: \(differences.joined(separator: "; "))"
    }

    /// The mount points; the last mount on a point is the one that is seen.
    static func mounts(_ entries: [MountEntry]) -> [String: Bool] {
        var mounts: [String: Bool] = [:]
        for entry in entries { mounts[entry.target] = entry.options.split(separator: ",").contains("ro") }
        return mounts
    }
}
