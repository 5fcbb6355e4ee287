import Linux
import OCI
import Seccomp

/// The part of a plan that turns the child into the container's process: limits, identity, privileges, program.
extension LaunchPlan {
    mutating func planProcess(
        _ process: RuntimeConfiguration.Process, _ configuration: RuntimeConfiguration, _ options: Options,
        namespaces: Namespaces
    ) throws(PlanError) {
        let linux = configuration.linux ?? RuntimeConfiguration.LinuxSettings()
        var builder = ProcessBuilder(
            process, host: host, inUserNamespace: namespaces.contains(.user) || host.inUserNamespace,
            deniesSetGroups: identityMaps?.deniesSetGroups ?? host.deniesSetGroups)
        builder.hasHostsIdentities = !namespaces.contains(.user)
        builder.lifecycle = options.lifecycle
        if let instructions = options.filter {
            builder.filter = ProcessBuilder.filter(instructions, flags: options.filterFlags, of: linux.seccomp)
        }
        builder.keyring = options.keyring
        builder.parentDeathSignal = options.parentDeathSignal
        builder.withholdsMakeNode = lacksDeviceRules
        builder.hasOwnMounts = hasOwnMounts
        builder.hasSuccessor = hasSuccessor
        if let lifecycle = options.lifecycle {
            for (number, hook) in (configuration.hooks?.startContainer ?? []).enumerated() {
                builder.startHooks.append(
                    HookPlan.child(
                        hook, lifecycle, configuration, status: .created, directory: "/", kind: "startContainer",
                        number: number))
            }
        }
        if let personality = linux.personality { try builder.add(personality) }
        if let policy = linux.memoryPolicy { try builder.add(policy) }
        try builder.build(isMemberOfContainer: false)
        steps += builder.steps
        warnings += builder.warnings
    }

    /// Device rules that nothing enforces would leave every disk of the host one mknod away.
    private var lacksDeviceRules: Bool {
        let unlimited = limits.map { $0.deviceRules == [.init(allow: true)] } ?? false
        let enforced = limits != nil && host.limitsDevices || host.inUserNamespace || identityMaps != nil
        return !unlimited && !enforced
    }
}

/// Collects the steps that make a process what `process` of a configuration says; of a container's first process and of
/// one that joins it alike.
struct ProcessBuilder {
    let process: RuntimeConfiguration.Process
    let host: HostFacts
    let inUserNamespace: Bool
    let deniesSetGroups: Bool
    var lifecycle: LaunchPlan.Lifecycle?
    var filter: ChildStep?
    var keyring = SessionKeyring.new(name: nil)
    var parentDeathSignal: Int32?
    var withholdsMakeNode = false
    /// Whether the mount namespace is the container's alone, and its root the container's.
    var hasOwnMounts = true
    var startHooks: [ChildHook] = []
    /// Whether the last steps are a process's of its own (`ChildStep.succeed`).
    var hasSuccessor = false
    /// Whether one that joins waits for its launcher before its program.
    var awaitsPlace = false
    /// Whether it ends with its launcher until it has a successor, and is sure of that.
    private var follows: ChildStep?
    /// What the filter knows the making of a successor by.
    private var pass: UInt64 = 0
    /// Whether its users and groups are those of the launcher's user namespace.
    var hasHostsIdentities = false
    private(set) var steps: [ChildStep] = []
    private(set) var warnings: [String] = []
    private var early: [ChildStep] = []

    init(
        _ process: RuntimeConfiguration.Process, host: HostFacts, inUserNamespace: Bool, deniesSetGroups: Bool
    ) {
        self.process = process
        self.host = host
        self.inUserNamespace = inUserNamespace
        self.deniesSetGroups = deniesSetGroups
    }

    /// - Parameter isMemberOfContainer: a process that joins, rather than the first.
    mutating func build(isMemberOfContainer: Bool) throws(PlanError) {
        guard let program = process.arguments.first else {
            throw PlanError("process.args", "is empty: there is nothing to run")
        }
        guard process.workingDirectory.starts("/") else {
            throw PlanError("process.cwd", "must be an absolute path, is '\(process.workingDirectory)'")
        }
        let candidates = ProcessPlan.candidates(for: program, environment: process.environment)
        let hasListener = if case .seccompWithListener = filter { true } else { false }
        // What the container sees of a process that joins is under the filter from its first instruction: whoever may trace there
        // could have it make any call before.
        let isFilteredEarly = hasSuccessor && isMemberOfContainer && process.noNewPrivileges && !hasListener
        if hasSuccessor, let filter, !process.noNewPrivileges || hasListener || isFilteredEarly {
            (self.filter, pass) = SuccessorPass.admit(filter)
        }
        if isMemberOfContainer { follows = process.noNewPrivileges ? .followLauncher(isSure: true) : following }
        // As root of the container's user namespace, in which names of keyrings are known, and before a filter.
        if case .new(let name) = keyring { steps.append(.sessionKeyring(name: name)) }
        // The one of open files comes when all are open that a launch needs, the terminal among them.
        var limitsOfFiles: [ChildStep] = []
        for (index, limit) in process.resourceLimits.enumerated() {
            let limit = try resourceLimit(limit, at: index)
            if limit.resource == .openFiles {
                limitsOfFiles.append(.setLimit(limit))
            } else {
                steps.append(.setLimit(limit))
            }
        }
        if let scheduler = process.scheduler { steps.append(try SchedulingSteps.scheduler(scheduler)) }
        if let priority = process.ioPriority { steps.append(try SchedulingSteps.ioPriority(priority)) }
        if let affinity = process.execCPUAffinity?.initial, isMemberOfContainer {
            steps.append(try SchedulingSteps.affinity(affinity, field: "process.execCPUAffinity.initial"))
        }
        steps += early
        var session = [ChildStep.newSession]
        if process.terminal {
            session.append(
                .openTerminal(
                    rows: UInt16(clamping: process.consoleSize?.height ?? 0),
                    columns: UInt16(clamping: process.consoleSize?.width ?? 0), user: process.user.uid,
                    console: !isMemberOfContainer && hasOwnMounts))
        }
        steps += session
        if !process.terminal {
            steps += [.streams, .nullStreams]
            if lifecycle != nil, process.user.uid != 0 { steps.append(.ownStreams(process.user.uid)) }
        }
        let preserved = lifecycle?.preservedDescriptors ?? 0
        // Closed now, not by execve: the working directory, or a link in the image, could lead out through one of the
        // launcher's (CVE-2024-21626).
        steps.append(.resetSignals)
        addSecurityLabels()
        steps.append(.closeAtOnce(preserving: preserved))
        if let mask = process.user.umask { steps.append(.setFileModeMask(mask)) }
        var environment = Self.lastOfEach(process.environment)
        if lifecycle != nil, !environment.contains(where: { $0.starts("HOME=") && $0.utf8.count > 5 }) {
            // Where it is not said, or empty, it is what the container's own database says, as engines expect.
            environment.removeAll { $0 == "HOME=" }
            environment.append("HOME=")
            steps.append(.findHome(user: process.user.uid))
        }
        // A filter that is in force before the program is looked for may forbid to look.
        if lifecycle != nil, filter != nil, !process.noNewPrivileges {
            steps.append(.findProgram(candidates: candidates.map(fromWorkingDirectory), byMode: true))
        }
        steps += limitsOfFiles
        try addIdentity()
        if let affinity = process.execCPUAffinity?.final, isMemberOfContainer {
            steps.append(try SchedulingSteps.affinity(affinity, field: "process.execCPUAffinity.final"))
        }
        // Early enough that `create` can say it, and after the change of user, who must be the one that may run it.
        if lifecycle != nil, process.noNewPrivileges || FilterVerdict.allowsSearch(filter) {
            steps.append(.findProgram(candidates: candidates, byMode: false))
        }
        if process.noNewPrivileges { steps.append(.noNewPrivileges) }
        // A listener is handed over by the launcher, so its filter comes before the launcher may go.
        if hasListener, let filter, process.noNewPrivileges { steps += [filter, .awaitLauncher(.listener)] }
        if isFilteredEarly, let filter { steps.append(filter) }
        if hasSuccessor {
            // A session is its leader's, and ends with it.
            steps += [.succeed(pass: pass), .newSession]
            if process.terminal { steps.append(.takeTerminal) }
            if awaitsPlace { steps.append(.awaitPublication) }
        }
        if let lifecycle, !isMemberOfContainer {
            // A successor shares no memory with the launcher by which it could be waited for.
            steps += hasSuccessor ? [.awaitPublication] : [.awaitLauncher(.record), .parentDeathSignal(0)]
            if lifecycle.waitsForStart { steps += hasSuccessor ? [.awaitStart] : [.handOver, .awaitStart] }
            // Killed in a hook, it would else look like one whose program runs.
            if lifecycle.waitsForStart, let last = startHooks.indices.last { startHooks[last].tellsEnd = true }
            steps += startHooks.map { .hook($0) }
        }
        // A change of credentials clears it: it comes after.
        if let parentDeathSignal { steps.append(.parentDeathSignal(parentDeathSignal)) }
        if let filter, process.noNewPrivileges, !hasListener, !isFilteredEarly { steps.append(filter) }
        steps.append(.execute(candidates: candidates, arguments: process.arguments, environment: environment))
    }

    /// Of a variable that is given twice the last one counts, as with runc and crun: getenv(3) would find the first.
    static func lastOfEach(_ environment: [String]) -> [String] {
        var names: Set<[UInt8]> = []
        var result: [String] = []
        for entry in environment.reversed() {
            // By its bytes: the same letter composed otherwise is another name.
            let name = Array(entry.utf8.prefix { $0 != UInt8(ascii: "=") })
            if names.insert(name).inserted { result.append(entry) }
        }
        return result.reversed()
    }

    /// A profile's program, with a listener where one of its rules needs that.
    static func filter(_ instructions: [UInt64], flags: UInt32, of profile: SeccompProfile?) -> ChildStep {
        guard profile?.needsListener == true else {
            // The kernel refuses it of a filter without a listener.
            return .seccomp(instructions: instructions, flags: flags & ~SeccompProgram.waitKillable)
        }
        return .seccompWithListener(instructions: instructions, flags: flags | SeccompProgram.newListener)
    }

    /// Where a program is for whoever has not entered the process's working directory yet.
    private func fromWorkingDirectory(_ path: String) -> String {
        path.starts("/") ? path : "\(process.workingDirectory)/\(path)"
    }

    /// How it follows its launcher under a filter that is in force already, which may have something against that.
    private var following: ChildStep? {
        switch filter {
        case .seccomp(let words, _), .seccompWithListener(let words, _):
            guard FilterVerdict.allowsFollowing(words) else { return nil }
            return .followLauncher(isSure: FilterVerdict.allowsAskingForParent(words))
        default: return .followLauncher(isSure: true)
        }
    }

    // MARK: - Identity

    private mutating func addIdentity() throws(PlanError) {
        // Inside a user namespace of its own every capability is there to be given, whatever the host's bounding set.
        let available = CapabilitySet(rawValue: ~0)
        var ceiling = inUserNamespace && !host.inUserNamespace ? available : host.boundingSet
        if withholdsMakeNode {
            ceiling.subtract(.makeNode)
            if process.capabilities?.bounding.contains("CAP_MKNOD") == true {
                warnings.append("linux.resources.devices: this host cannot enforce them, so CAP_MKNOD is dropped")
            }
        }
        let capabilities = process.capabilities ?? RuntimeConfiguration.Capabilities()
        if !hasOwnMounts {
            ceiling.subtract(.changeRoot)
            if capabilities.bounding.contains("CAP_SYS_CHROOT") {
                warnings.append(
                    "process.capabilities: CAP_SYS_CHROOT is dropped: without a mount namespace of its own, it would let the container leave its root"
                )
            }
        }
        let bounding = set(capabilities.bounding, ceiling, "bounding")
        let permitted = set(capabilities.permitted, ceiling, "permitted")
        let effective = set(capabilities.effective, ceiling, "effective")
        let inheritable = set(capabilities.inheritable, ceiling, "inheritable")
        let ambient = set(capabilities.ambient, ceiling, "ambient").intersection(permitted).intersection(inheritable)
        steps.append(.limitBoundingSet(to: bounding))

        // Without no_new_privs a filter needs CAP_SYS_ADMIN, which is about to go; with it, it comes last.
        if let filter, !process.noNewPrivileges {
            steps.append(filter)
            if case .seccompWithListener = filter { steps.append(.awaitLauncher(.listener)) }
        }
        try checkIdentities()
        // What is no group beside the process's own is not missed.
        if deniesSetGroups, process.user.additionalGids.contains(where: { $0 != process.user.gid }) {
            warnings.append("process.user.additionalGids: this user namespace does not allow setgroups: ignored")
        }
        if process.user.uid != 0 {
            // As by runc and crun: with the rights there are now, and where they do not suffice with the user's own.
            steps += [.tryDirectory(path: process.workingDirectory), .keepCapabilities]
        }
        steps.append(
            .setGroups(primary: process.user.gid, additional: deniesSetGroups ? nil : process.user.additionalGids))
        steps.append(.setUser(process.user.uid))
        if let follows { steps.append(follows) }
        steps.append(.changeDirectory(path: process.workingDirectory))
        steps.append(.setCapabilities(effective: effective, permitted: permitted, inheritable: inheritable))
        if let follows { steps.append(follows) }
        if !ambient.isEmpty { steps.append(.setAmbientCapabilities(ambient)) }
    }

    /// The kernel would say nothing but EINVAL.
    private func checkIdentities() throws(PlanError) {
        guard hasHostsIdentities, host.inUserNamespace else { return }
        func check(_ number: UInt32, _ field: String, in ranges: [Range<UInt32>]) throws(PlanError) {
            guard !ranges.contains(where: { $0.contains(number) }) else { return }
            throw PlanError("process.user.\(field)", "\(number) \(IdentityMaps.lack)")
        }
        try check(process.user.uid, "uid", in: host.mappedUsers)
        for group in deniesSetGroups ? [process.user.gid] : [process.user.gid] + process.user.additionalGids {
            try check(group, "gid", in: host.mappedGroups)
        }
    }

    private mutating func set(_ names: [String], _ ceiling: CapabilitySet, _ which: String) -> CapabilitySet {
        // Names that nobody knows are warned of as the document is checked.
        let (asked, _) = CapabilitySet.parse(names)
        let lacking = asked.subtracting(ceiling)
        if which == "bounding" || which == "permitted", !lacking.isEmpty {
            warnings.append("process.capabilities.\(which): this host cannot give \(lacking)")
        }
        return asked.intersection(ceiling)
    }

    private mutating func resourceLimit(
        _ limit: RuntimeConfiguration.ResourceLimit, at index: Int
    ) throws(PlanError) -> ResourceLimit {
        guard let resource = ResourceLimit.Resource(named: limit.type) else {
            throw PlanError("process.rlimits[\(index)].type", "unknown limit '\(limit.type)'")
        }
        let asked = ResourceLimit(resource, soft: limit.soft, hard: limit.hard)
        guard asked.soft <= asked.hard else {
            throw PlanError("process.rlimits[\(index)]", "\(limit.type): the soft limit is above the hard one")
        }
        let mayRaise = host.privileged && host.boundingSet.contains(.systemResource) && !inUserNamespace
        guard !mayRaise, let hard = host.hardLimits[resource] else { return asked }
        let clipped = asked.clipped(toHard: hard)
        if clipped != asked { warnings.append("\(asked): clipped to this host's hard limit, \(hard)") }
        return clipped
    }

    // MARK: - Labels and personality

    /// The files that take the labels asked for, opened while the process is what the procfs in sight shows.
    static func labelsToHold(
        _ process: RuntimeConfiguration.Process, host: HostFacts
    ) throws(PlanError) -> [ChildStep] {
        var steps: [ChildStep] = []
        if let profile = process.apparmorProfile, !profile.isEmpty {
            guard host.securityModules.contains("apparmor") else {
                throw PlanError(
                    "process.apparmorProfile", "'\(profile)' was requested, but AppArmor is not enabled on this host")
            }
            steps.append(.holdLabel(.appArmor))
        }
        if let label = process.selinuxLabel, !label.isEmpty {
            guard host.securityModules.contains("selinux") else {
                throw PlanError(
                    "process.selinuxLabel", "'\(label)' was requested, but SELinux is not enabled on this host")
            }
            steps.append(.holdLabel(.selinux))
        }
        return steps
    }

    /// Both are taken by the next execve (proc_pid_attr(5)), a successor's too, which has its maker's.
    private mutating func addSecurityLabels() {
        if let profile = process.apparmorProfile, !profile.isEmpty {
            steps.append(.writeLabel(.appArmor, "exec \(profile)"))
        }
        if let label = process.selinuxLabel, !label.isEmpty { steps.append(.writeLabel(.selinux, label)) }
    }

    mutating func add(_ personality: RuntimeConfiguration.Personality) throws(PlanError) {
        early.append(try SchedulingSteps.personality(personality))
    }

    mutating func add(_ policy: RuntimeConfiguration.MemoryPolicy) throws(PlanError) {
        early.append(try SchedulingSteps.memoryPolicy(policy))
    }
}

extension CapabilitySet {
    static let systemResource = CapabilitySet(rawValue: 1 << 24)
    static let systemTrace = CapabilitySet(rawValue: 1 << 19)
    static let changeRoot = CapabilitySet(rawValue: 1 << 18)
    static let makeNode = CapabilitySet(rawValue: 1 << 27)
}
