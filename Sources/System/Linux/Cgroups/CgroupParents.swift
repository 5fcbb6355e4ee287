import Glibc

/// The directories above a cgroup: made when the cgroup finds them missing.
enum CgroupParents {
    /// The leaf that takes the processes of a cgroup which is to have children.
    static let othersName = "isolab-others"

    /// Makes what is missing above a directory; on v2, lets every level pass the controllers on.
    ///
    /// - Returns: those made that go with the cgroup, outermost first.
    static func make(_ directory: CgroupPlan.Directory) throws(SystemError) -> [String] {
        var made: [String] = []
        do throws(SystemError) {
            if directory.version == 2 { try enable(in: directory.parent, for: directory) }
            for (index, path) in (directory.shared + directory.own).enumerated() {
                if CgroupFile.makeDirectory(path) == 0 {
                    if index >= directory.shared.count { made.append(path) }
                    if directory.hasCpuset { Cpuset.passOn(in: path) }
                } else if errno != EEXIST {
                    throw SystemError("mkdir", path)
                }
                if directory.version == 2 { try enable(in: path, for: directory) }
            }
        } catch {
            for path in made.reversed() { _ = CgroupFile.removeDirectory(path) }
            throw error
        }
        return made
    }

    /// Whether a cgroup of v2 passes on what its child needs.
    static func passesOn(_ directory: CgroupPlan.Directory) throws(SystemError) -> Bool {
        guard directory.version == 2, !directory.controllers.isEmpty else { return true }
        let enabled = try SystemFile.read(directory.base + "/cgroup.subtree_control")
        let names = Set(enabled.split { $0 == " " || $0 == "\n" })
        return directory.controllers.allSatisfy { names.contains($0[...]) }
    }

    /// Lets children use controllers (v2's `cgroup.subtree_control`).
    ///
    /// A cgroup with processes of its own may not ("no internal processes"): where it is the one we start from, they are
    /// moved into a leaf beside our base first. The hierarchy's true root is exempt.
    private static func enable(in path: String, for directory: CgroupPlan.Directory) throws(SystemError) {
        guard !directory.controllers.isEmpty else { return }
        let file = path + "/cgroup.subtree_control"
        func request(_ names: [String]) throws(SystemError) {
            try SystemFile.write(names.map { "+\($0)" }.joined(separator: " "), to: file)
        }
        // What a delegated cgroup was not given would fail all of them, and one by one those that threads may have (cgroups(7),
        // "Threaded cgroups") would be let through while it still has processes: no other could be had then.
        let there = Set(try SystemFile.read(path + "/cgroup.controllers").split { $0 == " " || $0 == "\n" })
        let given = directory.controllers.filter { there.contains($0[...]) }
        do throws(SystemError) {
            if !given.isEmpty { try request(given) }
            if given == directory.controllers { return }
        } catch {
            if error.errno == EBUSY, path == directory.parent {
                try moveProcesses(from: path, to: "\(path)/\(othersName)")
                if (try? request(given)) != nil, given == directory.controllers { return }
            }
        }
        // What was not asked for may be missing: a delegated cgroup passes on what it was given.
        for controller in directory.controllers {
            do throws(SystemError) { try request([controller]) } catch {
                guard directory.needs(controller) else { continue }
                // Who may not write here was given no cgroup at all: the directory's own advice says how to get one.
                if error.errno == EACCES || error.errno == EPERM { throw error }
                throw SystemError(
                    error.operation, error.object, errno: error.errno,
                    advice: error.errno == EBUSY
                        ? "a cgroup with processes of its own cannot have children with limits"
                        : "the \(controller) controller is not delegated to this cgroup")
            }
        }
    }

    private static func moveProcesses(from path: String, to leaf: String) throws(SystemError) {
        try SystemFile.makeDirectories(leaf)
        for pid in try SystemFile.read(path + "/cgroup.procs").parts(between: "\n") {
            // One that ended meanwhile is no error.
            do throws(SystemError) { try SystemFile.write(String(pid), to: leaf + "/cgroup.procs") } catch {
                guard error.errno == ESRCH else { throw error }
            }
        }
    }
}

extension CgroupPlan.Directory {
    /// Whether nobody may join it before it is filled.
    var hasCpuset: Bool { version == 1 && controllers.contains("cpuset") }

    /// Whether something is asked of a controller here.
    func needs(_ controller: String) -> Bool { settings.contains { $0.file.starts(controller + ".") } }

    /// Whether the cgroup can do without this directory, which may not be made: nothing is asked of it, or only device rules by
    /// somebody who could not make a device node in the first place.
    var isDispensable: Bool {
        settings.allSatisfy { $0.file.starts("devices.") } && (settings.isEmpty || !CgroupPlan.mayMakeNodes)
    }

    /// What an ordinary user can do who asked for limits where he may make no cgroup.
    func withAdvice(_ error: SystemError) -> SystemError {
        guard !StandardDirectories.isHostRoot, error.advice == nil else { return error }
        return SystemError(
            error.operation, error.object, errno: error.errno, stage: error.stage,
            advice: version == 2 && SystemFile.exists("/run/systemd/system")
                ? "limits need a cgroup that is yours: systemd-run --user --scope -p Delegate=yes, and the command"
                : "limits need root here: "
                    + (version == 2
                        ? "there is no systemd to give an ordinary user a cgroup"
                        : "cgroup v1 delegates nothing to an ordinary user"))
    }
}

extension CgroupPlan {
    /// mknod(2) of devices asks for CAP_MKNOD in the first user namespace.
    static var mayMakeNodes: Bool {
        guard geteuid() == 0 else { return false }
        let map = (try? SystemFile.read("/proc/self/uid_map")) ?? ""
        return map.split { $0 == " " || $0 == "\n" } == ["0", "0", "4294967295"]
    }
}
