import Glibc

extension Cgroup {
    /// Takes a directory that somebody else makes (`CgroupPlan.isManaged`): on v2 it must be there, and has the controllers that it
    /// was given. On v1 a manager makes it in the hierarchies it cares for, and in the others it is made here.
    ///
    /// - Throws: where a controller that is needed was not given.
    static func adopt(_ directory: CgroupPlan.Directory) throws(SystemError) -> Directory {
        if directory.version == 2 {
            guard CgroupFile.exists(directory.path) else {
                throw SystemError("find the cgroup", directory.path, errno: ENOENT, advice: "systemd did not make it")
            }
            let given = Set(
                try SystemFile.read(directory.path + "/cgroup.controllers").split { $0 == " " || $0 == "\n" })
            var taken = directory
            taken.controllers.removeAll { !given.contains($0[...]) }
            if let lacking = directory.controllers.first(where: { !given.contains($0[...]) && directory.needs($0) }) {
                throw SystemError(
                    "limit", directory.path, errno: 0,
                    advice:
                        "the \(lacking) controller is not delegated here: Delegate= of the service above must name it")
            }
            return Directory(taken)
        }
        if CgroupFile.makeDirectory(directory.path) == 0 || errno == EEXIST { return Directory(directory) }
        guard errno == ENOENT else { throw SystemError("mkdir", directory.path) }
        let made = try CgroupParents.make(directory)
        guard CgroupFile.makeDirectory(directory.path) == 0 || errno == EEXIST else {
            throw SystemError("mkdir", directory.path)
        }
        return Directory(directory, made: made)
    }
}
