import Linux

/// The memory cgroup that a process is in, wherever somebody else has put it.
enum MemoryCgroup {
    /// A number from the cgroup that `place` makes of a process's own, `nil` where it has none or the file holds no number.
    ///
    /// - Parameter files: the file's name on cgroup v1 and on v2.
    static func number(
        of pid: Int32, files: (classic: String, unified: String),
        place: (_ cgroups: String, _ version: Int) -> String? = path
    ) -> UInt64? {
        guard let hierarchy = (try? CgroupLayout.detect())?.hierarchy(of: "memory"),
            let cgroups = try? SystemFile.read("/proc/\(pid)/cgroup"),
            let path = place(cgroups, hierarchy.version)
        else { return nil }
        let file = hierarchy.version == 2 ? files.unified : files.classic
        let text = try? SystemFile.read("\(hierarchy.mountPoint)\(path)/\(file)")
        return text.flatMap { UInt64($0.prefix { $0 != "\n" }) }
    }

    /// From /proc/pid/cgroup (cgroups(7)); empty for the root of the hierarchy.
    static func path(in cgroups: String, version: Int) -> String? {
        path(in: cgroups, version: version, controller: "memory")
    }

    /// The same of another controller.
    static func path(in cgroups: String, version: Int, controller: String) -> String? {
        for line in cgroups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isIt =
                version == 2
                ? fields[0] == "0" && fields[1].isEmpty : fields[1].split(separator: ",").contains { $0 == controller }
            if isIt { return fields[2] == "/" ? "" : String(fields[2]) }
        }
        return nil
    }
}
