import Linux

/// Whether all of a sandbox's processes are in the cgroups whose charge is taken for its memory.
///
/// A helper that moved itself out, or an emulator that somebody else put elsewhere, is in no figure: a sample with such a process
/// does not count.
enum MemoryAccount {
    /// The directory of the memory cgroup that a process is in; nil where it has ended, or there is no such hierarchy.
    static func directory(of pid: Int32) -> String? {
        guard let mounts = try? SystemFile.read("/proc/self/mountinfo"),
            let cgroups = try? SystemFile.read("/proc/\(pid)/cgroup"),
            let status = try? Procfs.status(of: pid), status.state != "Z",
            let hierarchy = CgroupLayout(mountInformation: mounts, ownCgroups: cgroups).hierarchy(of: "memory")
        else { return nil }
        return hierarchy.mountPoint + (hierarchy.ownPath == "/" ? "" : hierarchy.ownPath)
    }

    /// The directory in which a cgroup accounts for memory.
    static func directory(of cgroup: Cgroup) -> String? {
        cgroup.directories.first { $0.controllers.contains("memory") }?.path
    }

    /// What of the processes is outside of the accounts, and how much memory that is; nil where all are inside, or there is no
    /// account at all.
    static func objection(_ processes: [Int32], accounts: [String]) -> String? {
        guard !accounts.isEmpty else { return nil }
        var words: [String] = []
        var bytes: UInt64 = 0
        for pid in processes {
            guard let place = directory(of: pid),
                !accounts.contains(where: { place == $0 || place.hasPrefix($0 + "/") })
            else { continue }
            bytes += ((try? Procfs.memory(of: pid)) ?? nil)?.proportional ?? 0
            words.append("\((try? Procfs.status(of: pid))?.name ?? "?") (process \(pid)) in \(place)")
        }
        guard !words.isEmpty else { return nil }
        return "\(bytes / 1024) KiB of it are not in its account: \(words.joined(separator: ", "))"
    }
}
