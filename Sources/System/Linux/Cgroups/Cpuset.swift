/// A cpuset of v1: nobody may join one until it has processors and memory nodes, and its children can have no more than it.
///
/// Every container joins one all the same: the root of a cgroup namespace is, in each hierarchy, where its maker was, and where
/// that is the host's root a container with CAP_SYS_ADMIN mounts the host's hierarchy.
enum Cpuset {
    private static let files = ["cpuset.mems", "cpuset.cpus"]

    /// Lets what is made below a directory begin with what the directory has: each child is then filled as it is made, which costs
    /// a third of filling it by hand.
    static func passOn(in path: String) {
        // A help and no condition: `fill` looks whether it did.
        try? SystemFile.write("1", to: path + "/cgroup.clone_children")
    }

    /// Gives a directory, and every empty one on the way to it, what the one above has.
    ///
    /// - Parameter top: where the way begins; the calling process is in it or above it, so it is not empty.
    static func fill(_ path: String, below top: String) throws(SystemError) {
        for file in files { _ = try filled(path, file, below: top) }
    }

    /// - Returns: what the file holds now.
    private static func filled(_ path: String, _ file: String, below top: String) throws(SystemError) -> String {
        let value = try SystemFile.read("\(path)/\(file)")
        guard value.utf8.allSatisfy({ $0 == UInt8(ascii: "\n") }), path.utf8.count > top.utf8.count,
            let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        else { return value }
        let above = try filled(String(path[..<slash]), file, below: top)
        try SystemFile.write(above, to: "\(path)/\(file)")
        return above
    }
}
