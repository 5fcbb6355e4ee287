public import Linux
public import OCI

/// Everything that a process does that joins a container (`exec`): the namespaces in one call, the same limits and
/// privileges as the first process, no new root.
///
/// Whatever the container's configuration says, whoever runs in it may have been given the right to trace others: the process that
/// it sees is made at the end (`ChildStep.succeed`), with the container's rights and nothing of the host, nor of its memory.
public struct JoinPlan: Equatable, Sendable {
    public internal(set) var steps: [ChildStep] = []
    /// Those that the launcher itself has to join, for its children.
    public internal(set) var launcherNamespaces: Namespaces = []
    public internal(set) var warnings: [String] = []

    /// - Parameters:
    ///   - process: what shall run.
    ///   - configuration: the container's own.
    ///   - pid: its first process, whose namespaces are joined.
    ///   - deniesSetGroups: whether its user namespace has given up setgroups.
    ///   - filter: the compiled seccomp profile, where the configuration has one.
    ///   - keyring: the container's by its name, or another one.
    ///   - awaitsPlace: the process waits, before its program, until its launcher has put it into the container's cgroup.
    public init(
        _ process: RuntimeConfiguration.Process, configuration: RuntimeConfiguration, pid: Int32,
        deniesSetGroups: Bool = false, filter: (instructions: [UInt64], flags: UInt32)? = nil,
        preservedDescriptors: Int = 0, bundle: String = "", keyring: SessionKeyring = .new(name: nil),
        awaitsPlace: Bool = false, host: HostFacts
    ) throws(PlanError) {
        let linux = configuration.linux ?? RuntimeConfiguration.LinuxSettings()
        guard linux.seccomp == nil || filter != nil else {
            throw PlanError("linux.seccomp", "is not compiled: a process must not join without the container's filter")
        }
        let namespaces = try NamespacePlan(linux)
        let all = namespaces.all
        if host.cgroups.hierarchies.contains(where: { $0.version == 1 }) { steps.append(.joinCgroups) }
        // Files of the container's may hold it up for ever: it ends with its launcher, and has nothing of the host's for whatever
        // they make it do.
        steps += [.followLauncher(isSure: true), .keepLaunchDescriptors(preserving: preservedDescriptors)]
        // While it is the launcher's child, and not the container's, it can be told apart from its launcher by this.
        if let score = process.oomScoreAdjustment { steps.append(.adjustMemoryScore(score)) }
        steps += try ProcessBuilder.labelsToHold(process, host: host)
        // No process that shares its memory may enter a time namespace (time_namespaces(7)): the launcher does, and an ordinary user
        // may enter nothing of the container's before its user namespace.
        if all.contains(.time) {
            launcherNamespaces = all.contains(.user) && !host.privileged ? [.user, .time] : .time
        }
        // The pid namespace is the successor's alone: who joins one stays out of its sight.
        let joined = all.subtracting(launcherNamespaces)
        if !joined.isEmpty { steps.append(.joinNamespace(.process(pid), joined)) }
        if all.contains(.user) {
            steps += [.setGroups(primary: 0, additional: deniesSetGroups ? nil : []), .setUser(0)]
            steps.append(.followLauncher(isSure: true))
        }
        // The mount namespace's root is another's, and joining it leads there.
        let hasOwnMounts = namespaces.created.contains(.mount)
        if !hasOwnMounts { steps += [.holdRoot(path: nil), .changeRoot] }
        var builder = ProcessBuilder(
            process, host: host, inUserNamespace: all.contains(.user) || host.inUserNamespace,
            deniesSetGroups: deniesSetGroups)
        builder.keyring = keyring
        builder.hasHostsIdentities = !all.contains(.user)
        builder.lifecycle = LaunchPlan.Lifecycle(
            identifier: "", bundle: bundle, preservedDescriptors: preservedDescriptors)
        if let filter {
            // A filter of its own has a listener of its own: the first process's hears nothing of this one.
            builder.filter = ProcessBuilder.filter(filter.instructions, flags: filter.flags, of: linux.seccomp)
        }
        if let personality = linux.personality { try builder.add(personality) }
        if let policy = linux.memoryPolicy { try builder.add(policy) }
        builder.hasSuccessor = true
        builder.awaitsPlace = awaitsPlace
        builder.hasOwnMounts = hasOwnMounts
        try builder.build(isMemberOfContainer: true)
        steps += builder.steps
        warnings = builder.warnings
    }
}
