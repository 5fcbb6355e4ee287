import Glibc

/// How many processes a cgroup has room for (`pids.max`), and the way in past that: the limit is for those that are made inside.
extension Cgroup {
    /// How many processes and threads may still be made inside; nil where nothing limits them, and on v2: whoever stayed outside of
    /// its one hierarchy would be without every other limit, and without the rules for devices, while others can already see it.
    package var freePlaces: Int64? {
        guard let directory = directory(of: "pids"), directory.version == 1, case let path = directory.path,
            let limit = try? SystemFile.readNumber(path + "/pids.max"),
            let present = try? SystemFile.readNumber(path + "/pids.current")
        else { return nil }
        return Int64(clamping: limit) - Int64(clamping: present)
    }

    /// The same in those hierarchies alone in which nobody counts processes.
    package var withoutPlaces: Cgroup {
        Cgroup(name: name, directories: directories.filter { !$0.controllers.contains("pids") })
    }

    /// Takes a process in where they are counted, however many there are.
    ///
    /// - Parameter beside: as for `openEntry`.
    package func takeIn(_ pid: Int32, beside: Int32) throws(SystemError) {
        for directory in directories where directory.controllers.contains("pids") {
            let place = try place(beside: beside, in: directory)
            try CgroupTree.put("\(pid)", to: "cgroup.procs", in: place.number, directory.path)
        }
    }
}
