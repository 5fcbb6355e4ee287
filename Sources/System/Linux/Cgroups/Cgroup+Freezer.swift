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
            let directory = try unifiedFreezer("freeze")
            try SystemFile.write("1", to: directory + "/cgroup.freeze")
            try wait(for: directory + "/cgroup.events") {
                $0.contains("frozen 1")
            } again: {
            }
        }
    }

    /// Lets everything inside go on; of a cgroup that is not frozen nothing changes.
    ///
    /// - Throws: also where it stays frozen with a v1 cgroup above it.
    public func thaw() throws(SystemError) {
        guard let file = classicFreezer else {
            return try SystemFile.write("0", to: try unifiedFreezer("thaw") + "/cgroup.freeze")
        }
        try SystemFile.write("THAWED", to: file)
        guard isHeldFromAbove else { return }
        throw SystemError("thaw", file, errno: EBUSY, advice: Self.heldFromAbove)
    }

    /// Lets the dead go: on v1 nobody dies before it thaws, whoever has frozen it, in cgroups below too. What is frozen on v2
    /// dies all the same.
    public func thawForEnd() {
        guard let directory = directory(of: "freezer"), directory.version == 1 else { return }
        try? CgroupTree(directory.path).visit { (directory: Int32) throws(SystemError) in
            guard let state = CgroupTree.read("freezer.state", in: directory), !state.starts("THAWED") else { return }
            CgroupTree.write("THAWED", to: "freezer.state", in: directory)
        }
    }

    /// Whether a v1 cgroup above is frozen: then nothing inside goes on, and nobody dies.
    public var isHeldFromAbove: Bool {
        guard let directory = directory(of: "freezer"), directory.version == 1 else { return false }
        return (try? SystemFile.read(directory.path + "/freezer.parent_freezing").starts("1")) ?? false
    }

    /// What is to be done about that.
    public static let heldFromAbove = "a cgroup above it is frozen: thaw that one (freezer.state)"

    /// Whether it stands still, or is about to.
    public func isFrozen() throws(SystemError) -> Bool {
        if let file = classicFreezer { return try !SystemFile.read(file).starts("THAWED") }
        guard let directory = unified, SystemFile.exists(directory.path + "/cgroup.freeze") else { return false }
        let events = try SystemFile.read(directory.path + "/cgroup.events")
        if events.contains("frozen 1") { return true }
        return try SystemFile.read(directory.path + "/cgroup.freeze").starts("1")
    }

    private func unifiedFreezer(_ operation: String) throws(SystemError) -> String {
        guard let directory = unified else {
            throw SystemError(
                operation, "cgroup \(name)", errno: ENOTSUP,
                advice: directories.isEmpty
                    ? "it was created by a user who may not create cgroups, so it has none"
                    : "it has a cgroup neither in v1's freezer hierarchy nor in v2's")
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
                    "freeze", file, errno: EBUSY, advice: "a process in it does not stop: it may be waiting for a disk")
            }
            usleep(wait)
            waited += wait
            wait = min(wait * 2, 10_000)
            try again()
        }
    }
}
