import Glibc
import Linux

/// What the host sees around one process besides its namespaces: the limit of its memory, and what is mounted over in it.
struct ConfinementLook: Equatable, Sendable {
    /// Bytes; nil where it cannot be read.
    var memoryLimit: UInt64?
    /// Mount points, as the process names them, and whether they are to be read only.
    var mounts: [String: Bool]
    /// Paths that are there at all, of those asked about.
    var isThere: @Sendable (String) -> Bool

    init(memoryLimit: UInt64?, mounts: [String: Bool], isThere: @escaping @Sendable (String) -> Bool) {
        self.memoryLimit = memoryLimit
        self.mounts = mounts
        self.isThere = isThere
    }

    /// Looks at a process; nil where it is not for this user to look at.
    init?(process: Int32) {
        guard let mountinfo = try? SystemFile.read("/proc/\(process)/mountinfo") else { return nil }
        mounts = Self.mounts(mountinfo)
        memoryLimit = Self.memoryLimit(of: process)
        isThere = { path in
            var status = stat()
            return lstat("/proc/\(process)/root\(path)", &status) == 0
        }
    }

    static func == (one: ConfinementLook, other: ConfinementLook) -> Bool {
        one.memoryLimit == other.memoryLimit && one.mounts == other.mounts
    }

    /// Why this is less than what is declared; nil where it is not.
    func objection(_ declared: DeclaredIsolation) -> String? {
        var differences: [String] = []
        if let limit = declared.memoryLimit, memoryLimit != limit {
            let found = memoryLimit.map { "\($0) bytes" } ?? "no limit that can be seen"
            differences.append("its memory is limited to \(found) instead of \(limit) bytes")
        }
        let open = declared.maskedPaths.filter { isThere($0) && mounts[$0] == nil }
        if !open.isEmpty { differences.append("nothing is mounted over \(open.joined(separator: ", "))") }
        let writable = declared.readOnlyPaths.filter { isThere($0) && mounts[$0] != true }
        if !writable.isEmpty { differences.append("\(writable.joined(separator: ", ")) can be written to") }
        guard !differences.isEmpty else { return nil }
        return "the isolation is not its lane's: \(differences.joined(separator: "; "))"
    }

    /// The fifth and sixth fields of /proc/<pid>/mountinfo; the last mount on a point is the one that is seen.
    static func mounts(_ mountinfo: String) -> [String: Bool] {
        var mounts: [String: Bool] = [:]
        for line in mountinfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6 else { continue }
            mounts[String(fields[4])] = fields[5].split(separator: ",").contains("ro")
        }
        return mounts
    }

    private static func memoryLimit(of process: Int32) -> UInt64? {
        guard let layout = try? CgroupLayout.detect(), let hierarchy = layout.hierarchy(of: "memory"),
            let lines = try? SystemFile.read("/proc/\(process)/cgroup"),
            let path = path(in: lines, isUnified: hierarchy.version == 2)
        else { return nil }
        let file = hierarchy.version == 2 ? "memory.max" : "memory.limit_in_bytes"
        guard let text = try? SystemFile.read("\(hierarchy.mountPoint)\(path)/\(file)") else { return nil }
        return UInt64(text.prefix { $0 != "\n" })
    }

    /// Where a process is in the hierarchy that limits memory (cgroups(7), /proc/<pid>/cgroup).
    static func path(in lines: String, isUnified: Bool) -> String? {
        for line in lines.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isIt =
                isUnified
                ? fields[0] == "0" && fields[1].isEmpty : fields[1].split(separator: ",").contains("memory")
            if isIt { return fields[2] == "/" ? "" : String(fields[2]) }
        }
        return nil
    }
}
