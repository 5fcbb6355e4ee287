import Linux

extension Runtime {
    /// How many of a container's processes the kernel killed for want of memory; 0 where nobody counts. To be asked before it is
    /// deleted.
    public func outOfMemoryKills(of id: String) -> UInt64 {
        guard let record = try? directory(of: id, for: "show").record() else { return 0 }
        return (try? cgroup(of: record).outOfMemoryKills()) ?? 0
    }

    /// Whether a container has a cgroup of its own.
    public func hasCgroup(_ id: String) -> Bool {
        (try? directory(of: id, for: "show").record())?.cgroup.isEmpty == false
    }
}
