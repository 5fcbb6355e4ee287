/// A cgroup to be: its directories and every file to be written, on this host's layout. Pure; `Cgroup.create` does it.
public struct CgroupPlan: Equatable, Sendable {
    /// One directory in one hierarchy.
    public struct Directory: Equatable, Sendable {
        public var version: Int
        /// Those of the hierarchy, or, on v2, those that must be enabled above it.
        public var controllers: [String]
        /// The directory that is there: the hierarchy's mount point, or a delegated cgroup.
        public var parent: String
        /// Directories below it that are made where they are missing, outermost first, and stay.
        public var shared: [String]
        /// Those below them that are made where they are missing and go with the cgroup.
        public var own: [String]
        public var path: String
        public var settings: [CgroupLimits.Setting]

        /// The directory right above.
        public var base: String { own.last ?? shared.last ?? parent }
    }

    /// A limit that must be an error, because the specification has it so or because it contradicts itself.
    public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// As config.json names it, e.g. `linux.resources.memory.swappiness`.
        public let field: String
        public let reason: String

        public var description: String { "\(field): \(reason)" }
    }

    public var name: String
    public var directories: [Directory]
    /// The rules of devices that a program on v2 is to enforce: there is no v1 controller that would.
    public var filteredDevices: [CgroupLimits.DeviceRule]
    /// What makes the plan impossible, a limit for which this host has no controller too; `Cgroup.create` throws the first.
    public var refusals: [Refusal]
    /// Whether a directory that is there already is taken where nobody is in it.
    public var takesEmptyDirectory: Bool
    /// Whether somebody else makes it and puts a first process into it (systemd, a scope): it is taken as it is, and what is above it
    /// on v2 is left alone.
    public var isManaged = false

    /// A cgroup of isolab's own.
    ///
    /// - Parameters:
    ///   - name: the directory's name, one path component.
    ///   - base: the directory above it in every hierarchy.
    ///   - delegated: below the caller's own cgroup rather than the hierarchy's root (an ordinary user).
    public init(
        name: String, limits: CgroupLimits, layout: CgroupLayout, base: String = Cgroup.base, delegated: Bool = false
    ) {
        self.init(place: CgroupPlace(name: name), limits: limits, layout: layout, base: base, delegated: delegated)
        takesEmptyDirectory = false
    }

    /// A cgroup where a configuration wants it.
    ///
    /// - Parameters:
    ///   - base: the directory relative places are below.
    ///   - delegated: below the caller's own cgroup rather than the hierarchy's root (an ordinary user).
    public init(
        place: CgroupPlace, limits: CgroupLimits, layout: CgroupLayout, base: String = Cgroup.base,
        delegated: Bool = false
    ) {
        name = place.components.last ?? ""
        takesEmptyDirectory = true
        var limits = limits
        // What a new cgroup is anyway; some kernels warn of whoever writes the former.
        if limits.disablesOutOfMemoryKiller == false { limits.disablesOutOfMemoryKiller = nil }
        if limits.deviceRules == [.init(allow: true)] { limits.deviceRules = [] }
        let wanted = CgroupSettings.wanted(limits)
        var missing = wanted
        directories = []
        for hierarchy in layout.hierarchies {
            var controllers = hierarchy.controllers
            var settings: [CgroupLimits.Setting]
            if hierarchy.version == 1 {
                settings = controllers.flatMap { CgroupSettings.settings(limits, controller: $0, version: 1) }
                missing.subtract(controllers)
            } else {
                let needed = Set(wanted.map(CgroupSettings.name(onV2:))).union(Self.controllers(of: limits.unified))
                controllers = controllers.filter { Self.useful.contains($0) || needed.contains($0) }
                settings = controllers.flatMap { CgroupSettings.settings(limits, controller: $0, version: 2) }
                settings += limits.unified
                missing = missing.filter { !controllers.contains(CgroupSettings.name(onV2: $0)) }
            }
            let parent = hierarchy.mountPoint + (delegated ? Self.delegatedPath(hierarchy.ownPath) : "")
            var above: [String] = []
            var path = parent
            if !place.isAbsolute {
                path += "/\(base)"
                above.append(path)
            }
            let shared = above
            above = []
            for component in place.components {
                path += "/\(component)"
                above.append(path)
            }
            directories.append(
                Directory(
                    version: hierarchy.version, controllers: controllers, parent: parent, shared: shared,
                    own: above.dropLast(), path: path, settings: settings))
        }
        refusals =
            Self.refusals(limits, layout)
            + missing.sorted().map {
                Refusal(
                    field: "linux.resources.\(CgroupSettings.field(of: $0))",
                    reason: "there is no \($0) controller here to enforce this limit")
            }
        let enforced = layout.hierarchies.contains { $0.version == 1 && $0.controllers.contains("devices") }
        filteredDevices = enforced || layout.unified == nil ? [] : limits.deviceRules
    }

    /// v2's controllers that a sandbox's limits and figures need.
    private static let useful: Set<String> = ["cpu", "memory", "pids", "cpuset", "io"]

    /// The own cgroup as a place for others: not the leaf into which an earlier call moved its processes.
    private static func delegatedPath(_ own: String) -> String {
        let leaf = "/" + CgroupParents.othersName
        let path = own.ends(leaf) ? String(Substring(own.utf8.dropLast(leaf.utf8.count))) : own
        return path == "/" ? "" : path
    }
}

// MARK: - What must be an error

extension CgroupPlan {
    /// Files of every cgroup that act on it instead of limiting it.
    private static let actions: Set<String> = [
        "cgroup.procs", "cgroup.threads", "cgroup.kill", "cgroup.freeze", "cgroup.subtree_control", "cgroup.type",
    ]

    private static func controller(of file: String) -> String { String(file.cut(at: ".")?.before ?? file[...]) }

    /// The controllers that files of v2 belong to.
    private static func controllers(of settings: [CgroupLimits.Setting]) -> Set<String> {
        Set(settings.map { controller(of: $0.file) })
    }

    private static func refusals(_ limits: CgroupLimits, _ layout: CgroupLayout) -> [Refusal] {
        var result: [Refusal] = []
        func refuse(_ field: String, _ reason: String) {
            result.append(Refusal(field: "linux.resources.\(field)", reason: reason))
        }
        for setting in limits.unified {
            let file = setting.file
            let controller = controller(of: file)
            if !file.holds(".") || file.holds("/") || file.utf8.contains(0) {
                refuse("unified", "'\(file)' is not a cgroup file")
            } else if actions.contains(file) {
                refuse("unified", "\(file) is not a limit: it acts on the cgroup")
            } else if layout.unified == nil {
                refuse("unified", "\(file) needs cgroup v2, which is not mounted here")
            } else if controller != "cgroup", layout.unified?.controllers.contains(controller) != true {
                refuse(
                    "unified", "\(file) needs the \(controller) controller on cgroup v2, which this host does not have")
            }
        }
        // "If the conversion is not possible the runtime MUST generate an error" (config-linux.md, Unified).
        func onV2(_ controller: String) -> Bool { layout.hierarchy(of: controller)?.version == 2 }
        let none = "cgroup v2 has no such setting"
        if onV2("memory") {
            if limits.swappiness != nil { refuse("memory.swappiness", none) }
            if let buffers = limits.kernelTCPMemory, buffers != CgroupLimits.unlimited {
                refuse("memory.kernelTCP", none)
            }
            if limits.disablesOutOfMemoryKiller == true { refuse("memory.disableOOMKiller", none) }
            if let both = limits.memoryAndSwap, both != CgroupLimits.unlimited,
                limits.memory == nil || limits.memory == CgroupLimits.unlimited
            {
                refuse("memory.swap", "cgroup v2 limits swap alone: that needs memory.limit as well")
            }
        }
        if onV2("cpu") {
            if limits.realtimeRuntime != nil { refuse("cpu.realtimeRuntime", none) }
            if limits.realtimePeriod != nil { refuse("cpu.realtimePeriod", none) }
        }
        if onV2("io"), let blockIO = limits.blockIO {
            if blockIO.leafWeight != nil { refuse("blockIO.leafWeight", none) }
            if blockIO.devices.contains(where: { $0.leafWeight != nil }) { refuse("blockIO.weightDevice", none) }
        }
        if let memory = limits.memory, let both = limits.memoryAndSwap, both < memory {
            refuse("memory.swap", "is memory and swap together: it cannot be less than memory.limit")
        }
        return result
    }
}
