import Glibc

extension Cgroup {
    /// v1's `freezer.state`; nil where v2 freezes.
    var classicFreezer: String? {
        guard let directory = directory(of: "freezer"), directory.version == 1 else { return nil }
        return directory.path + "/freezer.state"
    }

    /// Stops everything inside, also in cgroups below, and returns when it stands still.
    ///
    /// - Throws: also where it does not within two seconds (a process that waits for a disk or a dead network server cannot be
    ///   frozen); it is thawed again then.
    public func freeze() throws(SystemError) {
        if let file = classicFreezer {
            try SystemFile.write("FROZEN", to: file)
            try wait(for: file) {
                $0.starts("FROZEN")
            } again: { () throws(SystemError) in
                // A process that was forked while the others froze is met by the next request.
                try SystemFile.write("FROZEN", to: file)
            }
        } else {
            let directory = try unifiedFreezer()
            try SystemFile.write("1", to: directory + "/cgroup.freeze")
            try wait(for: directory + "/cgroup.events") {
                $0.contains("frozen 1")
            } again: {
            }
        }
    }

    /// Lets everything inside go on; of a cgroup that is not frozen nothing changes.
    public func thaw() throws(SystemError) {
        if let file = classicFreezer {
            try SystemFile.write("THAWED", to: file)
        } else {
            try SystemFile.write("0", to: try unifiedFreezer() + "/cgroup.freeze")
        }
    }

    /// Whether it stands still, or is about to.
    public func isFrozen() throws(SystemError) -> Bool {
        if let file = classicFreezer { return try !SystemFile.read(file).starts("THAWED") }
        guard let directory = unified, SystemFile.exists(directory.path + "/cgroup.freeze") else { return false }
        let events = try SystemFile.read(directory.path + "/cgroup.events")
        if events.contains("frozen 1") { return true }
        return try SystemFile.read(directory.path + "/cgroup.freeze").starts("1")
    }

    private func unifiedFreezer() throws(SystemError) -> String {
        guard let directory = unified else {
            throw SystemError(
                "freeze", "cgroup \(name)", errno: ENOTSUP, advice: "neither v1's freezer nor cgroup v2 is mounted here"
            )
        }
        return directory.path
    }

    private func wait(
        for file: String, _ holds: (String) -> Bool, again: () throws(SystemError) -> Void
    ) throws(SystemError) {
        var wait: UInt32 = 20
        var waited: UInt32 = 0
        while try !holds(SystemFile.read(file)) {
            guard waited < 2_000_000 else {
                try? thaw()
                throw SystemError(
                    "freeze", file, errno: EBUSY, advice: "a process inside does not stop: it may wait for a disk")
            }
            usleep(wait)
            waited += wait
            wait = min(wait * 2, 10_000)
            try again()
        }
    }
}
