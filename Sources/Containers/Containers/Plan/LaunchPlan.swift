public import Linux
public import OCI
public import Seccomp

/// Everything that will happen between the launch call and the first instruction of the program, decided beforehand.
///
/// Compiled from an OCI runtime configuration; a value that can be printed (`isolab launch --plan`), compared and tested
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
        /// The keys that its processes find.
        public var keyring = SessionKeyring.new(name: nil)
        /// Whether a new network namespace's loopback is brought up.
        public var loopback: Bool
        /// Directories that are made in the root where they are missing.
        public var directories: [String] = []
        /// How it is kept by a runtime; nil for a container that lives and ends with its launcher.
        public var lifecycle: Lifecycle?

        public init(
            filter: [UInt64]? = nil, filterFlags: UInt32 = 0, parentDeathSignal: Int32? = nil, cgroup: Bool = true,
            loopback: Bool = true, lifecycle: Lifecycle? = nil
        ) {
            self.filter = filter
            self.filterFlags = filterFlags
            self.parentDeathSignal = parentDeathSignal
            self.cgroup = cgroup
            self.loopback = loopback
            self.lifecycle = lifecycle
        }

        /// With a compiled profile.
        public init(
            seccomp program: SeccompProgram, parentDeathSignal: Int32? = nil, cgroup: Bool = true, loopback: Bool = true
        ) {
            self.init(
                filter: program.words, filterFlags: program.flags, parentDeathSignal: parentDeathSignal, cgroup: cgroup,
                loopback: loopback)
        }
    }

    /// A container that a runtime keeps: with a name, a state on disk, hooks, and a start of its own.
    public struct Lifecycle: Equatable, Sendable {
        public var identifier: String
        /// The bundle's directory, absolute.
        public var bundle: String
        /// Whether it waits, all but started, for `start`; else it runs at once.
        public var waitsForStart: Bool
        /// How many descriptors after the standard streams it inherits (`--preserve-fds`, LISTEN_FDS).
        public var preservedDescriptors: Int
        /// Whether the root is moved rather than pivoted to (`--no-pivot`).
        public var noPivot: Bool
        /// The directories of its cgroup, to be shown inside where it has no cgroup namespace.
        public var cgroupDirectories: [CgroupPlan.Directory]

        public init(
            identifier: String, bundle: String, waitsForStart: Bool = false, preservedDescriptors: Int = 0,
            noPivot: Bool = false, cgroupDirectories: [CgroupPlan.Directory] = []
        ) {
            self.identifier = identifier
            self.bundle = bundle
            self.waitsForStart = waitsForStart
            self.preservedDescriptors = preservedDescriptors
            self.noPivot = noPivot
            self.cgroupDirectories = cgroupDirectories
        }
    }

    /// Made by `clone3`; the cgroup namespace comes later, when the child is where its root shall be.
    public internal(set) var namespaces: Namespaces = []
    /// Namespaces of others that the child joins, and the files the launcher opens for it.
    public internal(set) var joins: [NamespaceSource] = []
    /// Namespaces of others that the child must be born in, in the order in which they are joined.
    public internal(set) var childJoins: [NamespaceJoin] = []
    /// Kinds of namespace that are joined and must not be the launcher's own, each with the field that would change the host.
    public internal(set) var foreignNamespaces: [ForeignNamespace] = []
    /// Trees of the host that the launcher takes hold of: it takes rights over their file systems, or over the way there.
    public internal(set) var hostTrees: [HostTree] = []
    /// Network devices of the host that the launcher moves in, by name, with their names inside.
    public internal(set) var networkDevices: [NetworkDeviceMove] = []
    /// Whether the mount namespace is new. In one of others, or the launcher's, nothing is mounted, and the root is changed for the
    /// container's processes alone.
    public internal(set) var hasOwnMounts = true
    /// Whether the container's first process is made by the child at the end, with the container's rights only: it is born in
    /// a pid namespace where others see it, who might trace it.
    public internal(set) var hasSuccessor = false
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
            throw PlanError("process.args", "is empty: there is nothing to run")
        }
        guard !process.terminal || options.lifecycle != nil else {
            throw PlanError("process.terminal", "only a runtime gives a container a terminal")
        }
        let linux = configuration.linux ?? RuntimeConfiguration.LinuxSettings()
        guard linux.seccomp == nil || options.filter != nil else {
            throw PlanError("linux.seccomp", "is not compiled: a container must not run without the filter it asks for")
        }
        // config-linux.md, "Intel RDT": without a resctrl to write to, an error.
        guard linux.intelRdt == nil else {
            throw PlanError("linux.intelRdt", "isolab does not manage the resctrl file system")
        }
        if let label = linux.mountLabel, !label.isEmpty, !host.securityModules.contains("selinux") {
            throw PlanError("linux.mountLabel", "'\(label)' was requested, but SELinux is not enabled on this host")
        }
        let asked = try NamespacePlan(linux)
        hasOwnMounts = asked.created.contains(.mount)
        if !hasOwnMounts { try Self.refuseMounts(configuration, linux, root) }
        namespaces = asked.created.subtracting([.cgroup, .time])
        if options.lifecycle != nil { steps.append(.guardLauncher) }
        steps += try ProcessBuilder.labelsToHold(process, host: host)

        if options.cgroup {
            limits = try cgroupLimits(linux.resources, ociVersion: configuration.ociVersion)
            if host.cgroups.hierarchies.contains(where: { $0.version == 1 }) { steps.append(.joinCgroups) }
        }
        hasSuccessor = Self.needsSuccessor(asked, options, host)
        // One that the child enters later than it is born shall own it.
        let isLater = hasSuccessor && (asked.joined(.user) != nil || asked.created.contains(.user))
        if asked.created.contains(.cgroup), !isLater { steps.append(.unshare(.cgroup)) }
        if let adjustment = process.oomScoreAdjustment {
            // A child beside its parent (user namespace) would change both, which share their memory (proc(5)).
            if asked.created.contains(.user) || options.lifecycle != nil {
                outOfMemoryScoreAdjustment = adjustment
            } else {
                steps.append(.writeFile(path: "/proc/self/oom_score_adj", content: "\(adjustment)"))
            }
        }
        foreignNamespaces = ForeignNamespace.all(asked, configuration)
        joinNamespaces(asked)
        if asked.created.contains(.time) { planTimeNamespace(linux) }
        if asked.created.contains(.user) { try enterUserNamespace(linux, asked) }

        if let name = configuration.hostname {
            guard asked.all.contains(.uts) else { throw PlanError("hostname", "needs a uts namespace") }
            steps.append(.setHostName(name))
        }
        if let name = configuration.domainname { steps.append(.setDomainName(name)) }
        if asked.created.contains(.network), options.loopback { steps.append(.loopbackUp) }
        networkDevices = linux.netDevices.sorted { $0.key < $1.key }.map {
            NetworkDeviceMove(device: $0.key, name: $0.value.name ?? $0.key)
        }

        try planMounts(configuration, linux, root, options, namespaces: asked.all)
        try planProcess(process, configuration, options, namespaces: asked.all)
        if hasSuccessor, asked.created.contains(.user) { makeProcfsEarly() }
    }

    /// A pid namespace takes only children. With a user namespace of others all are joined beforehand: what clone3 makes
    /// must belong to that one, and root of the host has what it takes for the rest only before it enters, an ordinary user
    /// only after.
    private mutating func joinNamespaces(_ asked: NamespacePlan) {
        let user = asked.joins.filter { $0.namespace == .user }
        // Time first, which the launcher joins itself.
        let others =
            asked.joins.filter { $0.namespace == .time }
            + asked.joins.filter { ![.user, .time, .mount].contains($0.namespace) }
            // With it paths are those of others.
            + asked.joins.filter { $0.namespace == .mount }
        let ordered = host.privileged ? others + user : user + others
        let asRoot = [ChildStep.setGroups(primary: 0, additional: []), .setUser(0)]
        guard user.isEmpty || hasSuccessor else {
            childJoins = ordered
            steps += asRoot
            makeQueuesInside(asked)
            return
        }
        for join in ordered {
            // Nor can a process that shares its memory enter a time namespace (time_namespaces(7)).
            if join.namespace == .pid && !hasSuccessor || join.namespace == .time {
                childJoins.append(join)
            } else {
                joins.append(.file(join.path))
                steps.append(.joinNamespace(.file(join.path), join.namespace))
                if join.namespace == .pid { steps.append(.showProcesses(of: .file(join.path))) }
            }
        }
        guard hasSuccessor, !user.isEmpty || asked.created.contains(.user) else { return }
        // The child enters its user namespace out of the others' sight, and makes its own namespaces in there.
        if !user.isEmpty { steps += asRoot }
        let own = asked.created.subtracting(asked.created.contains(.user) ? [.time, .ipc] : .time)
        namespaces = []
        if !own.isEmpty { steps.append(.unshare(own)) }
    }

    /// A procfs of others' processes takes rights over their pid namespace, which are gone with a user namespace of its own.
    private mutating func makeProcfsEarly() {
        let isProcfs = { (step: ChildStep) in
            if case .makeTree(slot: _, type: "proc", options: _, attributes: _) = step { true } else { false }
        }
        let trees = steps.filter(isProcfs)
        guard let place = steps.firstIndex(where: { if case .showProcesses = $0 { true } else { false } }) else {
            return
        }
        steps.removeAll(where: isProcfs)
        steps.insert(contentsOf: trees, at: place + 1)
    }

    /// In a pid namespace of others a process that is still the launcher's must not come into sight. What needs the host's rights
    /// is done before, where the kernel lets procfs be made from outside.
    private static func needsSuccessor(
        _ asked: NamespacePlan, _ options: Options, _ host: HostFacts
    ) -> Bool {
        guard asked.joined(.pid) != nil, host.procfsTakesNamespace, options.lifecycle != nil else { return false }
        if asked.joined(.user) == nil { return host.privileged }
        return host.privileged || asked.joined(.time) == nil
    }

    /// Offsets can be set until a process has entered the namespace, which the child does by execve (time_namespaces(7)).
    private mutating func planTimeNamespace(_ linux: RuntimeConfiguration.LinuxSettings) {
        steps.append(.unshare(.time))
        for (clock, offset) in linux.timeOffsets.sorted(by: { $0.key < $1.key }) {
            steps.append(
                .writeFile(
                    path: "/proc/self/timens_offsets",
                    content: "\(clock) \(offset.secs ?? 0) \(offset.nanosecs ?? 0)\n"))
        }
    }

    private mutating func enterUserNamespace(
        _ linux: RuntimeConfiguration.LinuxSettings, _ asked: NamespacePlan
    ) throws(PlanError) {
        guard !linux.uidMappings.isEmpty, !linux.gidMappings.isEmpty else {
            throw PlanError("linux.uidMappings", "a user namespace needs uidMappings and gidMappings")
        }
        guard linux.uidMappings.contains(where: { $0.containerID == 0 }),
            linux.gidMappings.contains(where: { $0.containerID == 0 })
        else { throw PlanError("linux.uidMappings", "id 0 must be mapped: the container's root sets it up") }
        let maps = IdentityMaps(linux.uidMappings, linux.gidMappings, host: host)
        identityMaps = maps
        // Root inside from here on: files made without a mapped owner would be refused.
        steps += [
            .awaitLauncher(.identityMaps), .setGroups(primary: 0, additional: maps.deniesSetGroups ? nil : []),
            .setUser(0),
        ]
        makeQueuesInside(asked)
    }

    /// The root of the message queues belongs to whoever makes their namespace, and the launcher's user is nobody in a user
    /// namespace: it is made by the child, as root in there.
    private mutating func makeQueuesInside(_ asked: NamespacePlan) {
        guard asked.created.contains(.ipc) else { return }
        namespaces.subtract(.ipc)
        steps.append(.unshare(.ipc))
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
