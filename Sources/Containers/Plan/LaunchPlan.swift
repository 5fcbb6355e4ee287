public import Linux
public import OCI
public import Seccomp

/// Everything that will happen between the launch call and the first instruction of the program, decided beforehand.
///
/// Compiled from an OCI runtime configuration; a value that can be printed (`isolab run --plan`), compared and tested
/// without root. `Launcher.launch` does it.
public struct LaunchPlan: Equatable, Sendable {
    /// What a configuration does not say.
    public struct Options: Equatable, Sendable {
        /// The configuration's `linux.seccomp`, compiled (`SeccompProgramCache`); needed where it has one.
        /// Each `struct sock_filter` as one 64-bit word.
        public var filter: [UInt64]?
        /// Flags of `seccomp(2)`.
        public var filterFlags: UInt32
        /// The signal the container gets when the thread that launched it ends.
        public var parentDeathSignal: Int32?
        /// Whether the container gets a cgroup of its own.
        public var cgroup: Bool
        /// Whether a new network namespace's loopback is brought up.
        public var loopback: Bool

        public init(
            filter: [UInt64]? = nil, filterFlags: UInt32 = 0, parentDeathSignal: Int32? = nil, cgroup: Bool = true,
            loopback: Bool = true
        ) {
            self.filter = filter
            self.filterFlags = filterFlags
            self.parentDeathSignal = parentDeathSignal
            self.cgroup = cgroup
            self.loopback = loopback
        }

        /// With a compiled profile.
        public init(
            seccomp program: SeccompProgram, parentDeathSignal: Int32? = nil, cgroup: Bool = true, loopback: Bool = true
        ) {
            self.init(
                filter: program.instructions.map(\.word), filterFlags: program.flags,
                parentDeathSignal: parentDeathSignal, cgroup: cgroup, loopback: loopback)
        }
    }

    /// Made by `clone3`; the cgroup namespace comes later, when the child is where its root shall be.
    public internal(set) var namespaces: Namespaces = []
    /// What the child does, in order.
    public internal(set) var steps: [ChildStep] = []
    /// The cgroup's limits; nil where it gets none.
    public internal(set) var limits: CgroupLimits?
    /// Nil without a user namespace.
    public internal(set) var identityMaps: IdentityMaps?
    /// Written by the launcher once the program runs; only with a user namespace.
    public internal(set) var outOfMemoryScoreAdjustment: Int?
    /// What was asked for and cannot be had here; each a line.
    public internal(set) var warnings: [String] = []
    /// The host it is for.
    public internal(set) var host: HostFacts

    /// Compiles a configuration (runtime-spec, config.md and config-linux.md).
    ///
    /// - Throws: `PlanError` where the configuration contradicts itself or asks for what isolab does not do.
    public init(
        _ configuration: RuntimeConfiguration, root: RootFileSystem, options: Options = Options(), host: HostFacts
    ) throws(PlanError) {
        self.host = host
        guard let process = configuration.process, !process.arguments.isEmpty else {
            throw PlanError("process.args", "is empty: what shall run?")
        }
        guard process.workingDirectory.hasPrefix("/") else {
            throw PlanError("process.cwd", "must be an absolute path, is '\(process.workingDirectory)'")
        }
        guard !process.terminal else { throw PlanError("process.terminal", "isolab has no terminals yet") }
        let linux = configuration.linux ?? RuntimeConfiguration.LinuxSettings()
        guard linux.seccomp == nil || options.filter != nil else {
            throw PlanError("linux.seccomp", "is not compiled: a container must not run without the filter it asks for")
        }
        let asked = try Self.namespaces(linux)
        guard asked.contains(.mount) else {
            throw PlanError("linux.namespaces", "a mount namespace is needed: the root could not change without it")
        }
        namespaces = asked.subtracting(.cgroup)

        if options.cgroup {
            limits = try cgroupLimits(linux.resources)
            if host.cgroups.hierarchies.contains(where: { $0.version == 1 }) { steps.append(.joinCgroups) }
        }
        if asked.contains(.cgroup) { steps.append(.unshare(.cgroup)) }
        if let adjustment = process.oomScoreAdjustment {
            // A child beside its parent (user namespace) would change both, which share their memory (proc(5)).
            if asked.contains(.user) {
                outOfMemoryScoreAdjustment = adjustment
            } else {
                steps.append(.writeFile(path: "/proc/self/oom_score_adj", content: "\(adjustment)"))
            }
        }
        if asked.contains(.user) { try enterUserNamespace(linux) }

        if let name = configuration.hostname {
            guard asked.contains(.uts) else { throw PlanError("hostname", "needs a uts namespace") }
            steps.append(.setHostName(name))
        }
        if let name = configuration.domainname { steps.append(.setDomainName(name)) }
        if asked.contains(.network), options.loopback { steps.append(.loopbackUp) }

        try planMounts(configuration, linux, root, namespaces: asked)
        try planProcess(process, linux, options, namespaces: asked)
    }

    private static func namespaces(_ linux: RuntimeConfiguration.LinuxSettings) throws(PlanError) -> Namespaces {
        var result: Namespaces = []
        for namespace in linux.namespaces {
            guard namespace.path == nil else {
                throw PlanError("linux.namespaces", "joining \(namespace.kind.rawValue) by path is not supported yet")
            }
            switch namespace.kind {
            case .pid: result.insert(.pid)
            case .network: result.insert(.network)
            case .mount: result.insert(.mount)
            case .ipc: result.insert(.ipc)
            case .uts: result.insert(.uts)
            case .user: result.insert(.user)
            case .cgroup: result.insert(.cgroup)
            case .time: throw PlanError("linux.namespaces", "time namespaces are not supported yet")
            }
        }
        return result
    }

    private mutating func enterUserNamespace(_ linux: RuntimeConfiguration.LinuxSettings) throws(PlanError) {
        guard !linux.uidMappings.isEmpty, !linux.gidMappings.isEmpty else {
            throw PlanError("linux.uidMappings", "a user namespace needs uidMappings and gidMappings")
        }
        guard linux.uidMappings.contains(where: { $0.containerID == 0 }),
            linux.gidMappings.contains(where: { $0.containerID == 0 })
        else { throw PlanError("linux.uidMappings", "id 0 must be mapped: the container's root sets it up") }
        let maps = IdentityMaps(linux.uidMappings, linux.gidMappings, privileged: host.privileged)
        identityMaps = maps
        // Root inside from here on: files made without a mapped owner would be refused.
        steps += [
            .awaitIdentityMaps, .setGroups(primary: 0, additional: maps.deniesSetGroups ? nil : []), .setUser(0),
        ]
    }
}

extension LaunchPlan: CustomStringConvertible {
    /// The plan to read: what is made, then each step of the child, numbered, then what could not be had.
    public var description: String {
        var lines = ["clone3 \(namespaces)"]
        if let limits {
            let plan = CgroupPlan(name: "<id>", limits: limits, layout: host.cgroups)
            for directory in plan.directories {
                lines.append("  cgroup \(directory.path)")
                lines += directory.settings.map { "    \($0.file) = \($0.value)" }
            }
        }
        for (index, step) in steps.enumerated() { lines.append("\(index + 1). \(step)") }
        lines += warnings.map { "warning: \($0)" }
        return lines.joined(separator: "\n")
    }
}
