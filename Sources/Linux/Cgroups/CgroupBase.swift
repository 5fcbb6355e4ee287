import Glibc

/// The directory above isolab's cgroups: made when the first of them finds it missing.
enum CgroupBase {
    static func prepare(_ directory: CgroupPlan.Directory) throws(SystemError) {
        if directory.version == 2 { try enable(directory.controllers, in: directory.parent) }
        try SystemFile.makeDirectories(directory.base)
        if directory.version == 2 { try enable(directory.controllers, in: directory.base) }
    }

    /// Lets children use controllers (v2's `cgroup.subtree_control`).
    ///
    /// A cgroup with processes of its own may not ("no internal processes"): they are moved into a leaf beside our base
    /// first. The hierarchy's true root is exempt.
    private static func enable(_ controllers: [String], in path: String) throws(SystemError) {
        guard !controllers.isEmpty else { return }
        let request = controllers.map { "+\($0)" }.joined(separator: " ")
        let file = path + "/cgroup.subtree_control"
        do throws(SystemError) {
            try SystemFile.write(request, to: file)
        } catch {
            guard error.errno == EBUSY else { throw error }
            let leaf = path + "/isolab-others"
            try SystemFile.makeDirectories(leaf)
            for pid in try SystemFile.read(path + "/cgroup.procs").split(separator: "\n") {
                // One that ended meanwhile is no error.
                do throws(SystemError) { try SystemFile.write(String(pid), to: leaf + "/cgroup.procs") } catch {
                    guard error.errno == ESRCH else { throw error }
                }
            }
            try SystemFile.write(request, to: file)
        }
    }
}
