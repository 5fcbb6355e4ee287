import Glibc

/// One mounted cgroup hierarchy.
public struct CgroupHierarchy: Equatable, Sendable {
    /// 1 or 2.
    public var version: Int
    /// v1: the controllers bound to it; v2: those free for it (`cgroup.controllers` of its mount).
    public var controllers: [String]
    public var mountPoint: String
    /// The calling process's cgroup, as a directory below the mount point; `/` for its root.
    public var ownPath: String

    public init(version: Int, controllers: [String], mountPoint: String, ownPath: String) {
        self.version = version
        self.controllers = controllers
        self.mountPoint = mountPoint
        self.ownPath = ownPath
    }
}

extension CgroupHierarchy {
    /// Whether the caller's own cgroup is his to divide (cgroups(7), "Delegation").
    public var isDelegated: Bool {
        let own = mountPoint + (ownPath == "/" ? "" : ownPath)
        // As the user or root of the user namespace that he is by now, not as the one who started the program.
        return ["", "/cgroup.procs", "/cgroup.subtree_control"].allSatisfy {
            faccessat(AT_FDCWD, own + $0, W_OK, AT_EACCESS) == 0
        }
    }
}

/// How this host's cgroups are mounted (`cgroups(7)`): read, never assumed.
public struct CgroupLayout: Equatable, Sendable {
    public enum Mode: String, Sendable {
        /// Controllers on v1, nothing of v2 mounted.
        case v1
        /// One hierarchy for all.
        case v2
        /// Controllers on v1, and a v2 hierarchy beside them.
        case hybrid
        case none
    }

    public var hierarchies: [CgroupHierarchy]

    public init(hierarchies: [CgroupHierarchy]) { self.hierarchies = hierarchies }

    /// Reads this host's.
    public static func detect() throws(SystemError) -> CgroupLayout {
        var layout = CgroupLayout(
            mountInformation: try SystemFile.read("/proc/self/mountinfo"),
            ownCgroups: try SystemFile.read("/proc/self/cgroup"))
        for index in layout.hierarchies.indices where layout.hierarchies[index].version == 2 {
            let path = layout.hierarchies[index].mountPoint + "/cgroup.controllers"
            let names = (try? SystemFile.read(path)) ?? ""
            layout.hierarchies[index].controllers = names.split { $0 == " " || $0 == "\n" }.map(String.init)
        }
        return layout
    }

    /// From the texts of `/proc/self/mountinfo` and `/proc/self/cgroup`; v2's controllers are still to be read.
    ///
    /// A hierarchy mounted twice counts once; a mount of a part of a hierarchy (inside a container) is taken with the
    /// own path made relative to that part.
    public init(mountInformation: String, ownCgroups: String) {
        var own: [String: String] = [:]
        for line in ownCgroups.parts(between: "\n") {
            let fields = line.fields(between: ":", maxSplits: 2)
            guard fields.count == 3 else { continue }
            own[String(fields[1])] = String(fields[2])
        }
        hierarchies = []
        for line in mountInformation.parts(between: "\n") {
            guard let mount = MountEntry(line: line, ofType: { $0 == "cgroup" || $0 == "cgroup2" }) else { continue }
            let version = mount.type == "cgroup2" ? 2 : 1
            let controllers =
                version == 2
                ? [] : mount.superOptions.parts(between: ",").filter(Self.isController).map { String($0) }
            if hierarchies.contains(where: { $0.version == version && $0.controllers == controllers }) { continue }
            var path = own[controllers.joined(separator: ",")] ?? "/"
            if let below = path.path(below: mount.root) { path = below }
            hierarchies.append(
                CgroupHierarchy(
                    version: version, controllers: controllers, mountPoint: mount.target,
                    ownPath: path.isEmpty ? "/" : path))
        }
    }

    /// Whether an option of a v1 mount names a controller or a hierarchy.
    private static func isController(_ option: Substring) -> Bool {
        switch option {
        case "rw", "ro", "xattr", "noprefix", "clone_children", "favordynmods", "nsdelegate": false
        default: !option.starts("release_agent=") && !option.starts("cpuset_v2")
        }
    }

    public var mode: Mode {
        let one = hierarchies.contains { $0.version == 1 && !$0.controllers.allSatisfy { $0.starts("name=") } }
        let two = hierarchies.contains { $0.version == 2 }
        return one ? (two ? .hybrid : .v1) : (two ? .v2 : .none)
    }

    /// Every controller that can be used, without named hierarchies.
    public var controllers: [String] {
        hierarchies.flatMap(\.controllers).filter { !$0.starts("name=") }
    }

    /// The hierarchy a controller is on.
    public func hierarchy(of controller: String) -> CgroupHierarchy? {
        hierarchies.first { $0.controllers.contains(controller) }
    }

    public var unified: CgroupHierarchy? { hierarchies.first { $0.version == 2 } }
}
