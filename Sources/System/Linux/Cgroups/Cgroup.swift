import Glibc

/// A cgroup that exists: one directory in each hierarchy of this host. Its owner removes it.
///
/// It can be written to a file and read again (`Codable`): another process then has the same cgroup in its hands.
public struct Cgroup: Equatable, Sendable, Codable {
    /// The directory above all of isolab's cgroups, in every hierarchy.
    public static let base = "isolab"

    /// Its directory in one hierarchy.
    public struct Directory: Equatable, Sendable, Codable {
        /// 1 or 2.
        public var version: Int
        /// v1: those of the hierarchy; v2: those it can use here.
        public var controllers: [String]
        public var path: String
        /// Directories above that were made for it and go with it, outermost first.
        public var made: [String]
        /// Whether it was there before: then it stays.
        public var found: Bool

        public init(version: Int, controllers: [String], path: String, made: [String] = [], found: Bool = false) {
            self.version = version
            self.controllers = controllers
            self.path = path
            self.made = made
            self.found = found
        }

        /// Whether a cgroup can be so: what is read from a file is to be doubted, since it will be removed.
        public var isPlausible: Bool {
            (version == 1 || version == 2)
                && ([path] + made).allSatisfy { path in
                    let steps = path.fields(between: "/").dropFirst()
                    return path.starts("/") && steps.count > 1 && !steps.contains { $0.isEmpty || $0 == ".." }
                }
        }

        init(_ plan: CgroupPlan.Directory, made: [String] = [], found: Bool = false) {
            self.init(
                version: plan.version, controllers: plan.controllers, path: plan.path, made: made, found: found)
        }
    }

    public let name: String
    public internal(set) var directories: [Directory]
    /// What could not be had when it was made; not kept in a file.
    public internal(set) var warnings: [String] = []

    private enum CodingKeys: String, CodingKey { case name, directories }

    /// - Throws: `DecodingError` also for directories no cgroup can have: what is read will be removed.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        directories = try container.decode([Directory].self, forKey: .directories)
        for directory in directories where !directory.isPlausible {
            throw DecodingError.dataCorruptedError(
                forKey: .directories, in: container, debugDescription: "'\(directory.path)' is not a cgroup")
        }
    }

    public init(name: String, directories: [Directory]) {
        self.name = name
        self.directories = directories
    }

    /// Takes what a plan describes to be there (a cgroup left by an earlier process).
    public init(existing plan: CgroupPlan) {
        self.init(name: plan.name, directories: plan.directories.map { Directory($0) })
    }

    /// What `create` would make now: to be written down first, so that it can be removed should the maker die on the way.
    public init(foreseen plan: CgroupPlan) {
        self.init(
            name: plan.name,
            directories: plan.directories.map { directory in
                // Above a managed one everything is the manager's; and what bears its name already will be refused, or is what was left.
                plan.isManaged
                    ? Directory(directory)
                    : Directory(
                        directory, made: directory.own.filter { !CgroupFile.exists($0) },
                        found: CgroupFile.exists(directory.path))
            })
    }

    // MARK: - Making

    /// Makes a cgroup with limits on this host's layout: below the hierarchy's root as root, else below the caller's own
    /// cgroup, which must have been delegated to it.
    public static func create(
        named name: String, limits: CgroupLimits = CgroupLimits(), layout: CgroupLayout? = nil
    ) throws(SystemError) -> Cgroup {
        let known: CgroupLayout
        if let layout { known = layout } else { known = try CgroupLayout.detect() }
        return try create(
            CgroupPlan(name: name, limits: limits, layout: known, delegated: !StandardDirectories.isHostRoot))
    }

    /// Does a plan; what was made is removed again where a step fails.
    ///
    /// A hierarchy in which the caller may not make directories is left out with a warning where nothing is asked of it.
    public static func create(_ plan: CgroupPlan) throws(SystemError) -> Cgroup {
        if let refusal = plan.refusals.first {
            throw SystemError("set", "\(refusal)", errno: 0)
        }
        var cgroup = Cgroup(name: plan.name, directories: [])
        do throws(SystemError) {
            for directory in plan.directories {
                do throws(SystemError) {
                    cgroup.directories.append(
                        plan.isManaged
                            ? try adopt(directory) : try make(directory, takesEmpty: plan.takesEmptyDirectory))
                } catch {
                    guard [EACCES, EPERM, EROFS].contains(error.errno) else { throw error }
                    guard directory.isDispensable else { throw directory.withAdvice(error) }
                    let names = directory.controllers.joined(separator: ",")
                    cgroup.warnings.append("cgroup \(names.isEmpty ? "v2" : names): left out, \(error)")
                    continue
                }
                if directory.hasCpuset { try Cpuset.fill(directory.path, below: directory.parent) }
                var writer = CgroupWriter(directory: directory.path)
                for setting in directory.settings { try writer.write(setting) }
            }
            try cgroup.filterDevices(plan.filteredDevices)
        } catch {
            try? cgroup.remove()
            throw error.stage == nil ? error.during("cgroup") : error
        }
        return cgroup
    }

    /// Device rules on v2. Whoever may not make device nodes may load no program either, and can do without.
    private mutating func filterDevices(_ rules: [CgroupLimits.DeviceRule]) throws(SystemError) {
        guard !rules.isEmpty, let directory = unified else { return }
        do throws(SystemError) {
            try DeviceFilter.apply(rules, to: directory.path)
        } catch {
            guard error.errno == EPERM || error.errno == EACCES, !CgroupPlan.mayMakeNodes else { throw error }
            warnings.append("linux.resources.devices: not limited, \(error)")
        }
    }

    private static func make(
        _ directory: CgroupPlan.Directory, takesEmpty: Bool
    ) throws(SystemError) -> Directory {
        var made: [String] = []
        do throws(SystemError) { return try make(directory, takesEmpty: takesEmpty, &made) } catch {
            // The way to what cannot be a cgroup, such as a file of the kernel's.
            for path in made.reversed() { _ = CgroupFile.removeDirectory(path) }
            throw error
        }
    }

    private static func make(
        _ directory: CgroupPlan.Directory, takesEmpty: Bool, _ made: inout [String]
    ) throws(SystemError) -> Directory {
        // The way there is usually made already; others may remove an empty part of it while we make the rest.
        var prepared = false
        for _ in 0..<100 {
            if CgroupFile.makeDirectory(directory.path) == 0 {
                if prepared { return Directory(directory, made: made) }
                var passes = false
                do throws(SystemError) {
                    passes = try CgroupParents.passesOn(directory)
                    if !passes { made = try CgroupParents.make(directory) }
                } catch {
                    _ = CgroupFile.removeDirectory(directory.path)
                    throw error
                }
                return Directory(directory, made: made)
            }
            switch errno {
            case ENOENT:
                made += try CgroupParents.make(directory).filter { !made.contains($0) }
                prepared = true
            // Somebody else's, of the same name: not ours, as what could not be made.
            case EEXIST where !CgroupFile.mayEnter(directory.path):
                throw SystemError("mkdir", directory.path, errno: EACCES)
            case EEXIST where takesEmpty:
                let found = Directory(directory, found: true)
                guard try processes(below: directory.path).isEmpty else {
                    throw SystemError(
                        "mkdir", directory.path, errno: EEXIST,
                        advice: "other processes are in this cgroup: use another cgroupsPath")
                }
                if try !CgroupParents.passesOn(directory) { _ = try CgroupParents.make(directory) }
                return found
            default: throw SystemError("mkdir", directory.path)
            }
        }
        throw SystemError("mkdir", directory.path, errno: ENOENT)
    }

    // MARK: - Joining

    /// Opens the way in. The files are opened by the parent: a child in a user namespace would have no right to.
    ///
    /// - Parameter beside: a process inside, whose cgroup of v2 is taken where ours can have no processes any more, because
    ///   the container made cgroups with controllers below it ("no internal processes").
    package func openEntry(beside process: Int32? = nil) throws(SystemError) -> CgroupEntry {
        var tasks: [Int32] = []
        var unified: Int32 = -1
        do throws(SystemError) {
            for directory in directories {
                if directory.version == 2 {
                    unified = try place(beside: process, in: directory).release()
                } else {
                    tasks.append(try CgroupFile.open(directory.path + "/tasks", O_WRONLY).release())
                }
            }
        } catch {
            _ = CgroupEntry(taskFiles: tasks, unified: unified)
            throw error
        }
        return CgroupEntry(taskFiles: tasks, unified: unified)
    }

    /// The directory as an open one, or, for v2, the one that a process inside is in where ours may have none any more.
    func place(beside process: Int32?, in directory: Directory) throws(SystemError) -> OwnedDescriptor {
        if directory.version == 2, let process, try Self.passesControllersOn(directory.path),
            let place = try CgroupTree(directory.path).place(of: process)
        {
            return place
        }
        return try CgroupFile.open(directory.path, OwnedDescriptor.pathOnly | O_DIRECTORY)
    }

    private static func passesControllersOn(_ path: String) throws(SystemError) -> Bool {
        try !SystemFile.read(path + "/cgroup.subtree_control").allSatisfy { $0 == "\n" }
    }

    /// Moves a process that runs already. Prefer to start it inside: moving costs a grace period (10 ms and more).
    public func move(_ pid: Int32) throws(SystemError) {
        for directory in directories { try SystemFile.write("\(pid)", to: directory.path + "/cgroup.procs") }
    }

    /// The directory of a controller here.
    public func directory(of controller: String) -> Directory? {
        directories.first { $0.controllers.contains(controller) }
    }

    // MARK: - Giving away

    /// Files of a cgroup that its new owner needs, where the kernel does not list them (`/sys/kernel/cgroup/delegate`).
    private static let delegable = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]

    /// Makes a user the owner of the v2 cgroup, so that it can make cgroups below it, but not lift its limits (cgroups(7),
    /// "Delegation"; config-linux.md, "Cgroup ownership"). v1 cannot be given away safely and stays.
    public func delegate(to user: UInt32) throws(SystemError) {
        guard let unified else { return }
        let listed = (try? SystemFile.read("/sys/kernel/cgroup/delegate"))?.parts(between: "\n").map(String.init)
        for name in [""] + (listed ?? Self.delegable) {
            let path = name.isEmpty ? unified.path : "\(unified.path)/\(name)"
            // The list names files of every kind of cgroup: one that is not here is no error.
            if lchown(path, user, .max) != 0, errno != ENOENT { throw SystemError("chown", path) }
        }
    }

    /// The directory in the v2 hierarchy.
    public var unified: Directory? { directories.first { $0.version == 2 } }
}
