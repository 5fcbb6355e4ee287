public import Linux
public import OCI
import Seccomp

/// Everything that a process does that joins a container (`exec`): the namespaces in one call, the same limits and
/// privileges as the first process, no new root.
public struct JoinPlan: Equatable, Sendable {
    public internal(set) var steps: [ChildStep] = []
    /// Those that take only children: it is born in them.
    public internal(set) var childNamespaces: Namespaces = []
    /// Whether the process is made by the one that joins, out of the container's sight (`ChildStep.succeed`): it comes to life
    /// with the container's rights and nothing of the host.
    public internal(set) var hasSuccessor = false
    public internal(set) var warnings: [String] = []

    /// - Parameters:
    ///   - process: what shall run.
    ///   - configuration: the container's own.
    ///   - pid: its first process, whose namespaces are joined.
    ///   - deniesSetGroups: whether its user namespace has given up setgroups.
    ///   - filter: the compiled seccomp profile, where the configuration has one.
    public init(
        _ process: RuntimeConfiguration.Process, configuration: RuntimeConfiguration, pid: Int32,
        deniesSetGroups: Bool = false, filter: (instructions: [UInt64], flags: UInt32)? = nil,
        preservedDescriptors: Int = 0, bundle: String = "", host: HostFacts
    ) throws(PlanError) {
        let linux = configuration.linux ?? RuntimeConfiguration.LinuxSettings()
        guard linux.seccomp == nil || filter != nil else {
            throw PlanError("linux.seccomp", "is not compiled: a process must not join without the container's filter")
        }
        let namespaces = try NamespacePlan(linux)
        let all = namespaces.all
        if host.cgroups.hierarchies.contains(where: { $0.version == 1 }) { steps.append(.joinCgroups) }
        // Nobody inside can look into a launcher that gave up being dumped, but for CAP_SYS_PTRACE over it.
        let isReachable = !all.contains(.user) && (Self.mayTrace(configuration) || namespaces.joined(.pid) != nil)
        hasSuccessor = all.contains(.pid) && isReachable
        childNamespaces = all.intersection(hasSuccessor ? .time : [.pid, .time])
        // An ordinary user may enter nothing of the container before its user namespace, the pid namespace included.
        if all.contains(.user), !host.privileged { childNamespaces.insert(.user) }
        let joined = all.subtracting(childNamespaces)
        if !joined.isEmpty { steps.append(.joinNamespace(.process(pid), joined)) }
        if all.contains(.user) {
            steps += [.setGroups(primary: 0, additional: deniesSetGroups ? nil : []), .setUser(0)]
        }
        var builder = ProcessBuilder(
            process, host: host, inUserNamespace: all.contains(.user) || host.inUserNamespace,
            deniesSetGroups: deniesSetGroups)
        builder.hasHostsIdentities = !all.contains(.user)
        builder.lifecycle = LaunchPlan.Lifecycle(
            identifier: "", bundle: bundle, preservedDescriptors: preservedDescriptors)
        if let filter { builder.filter = .seccomp(instructions: filter.instructions, flags: filter.flags) }
        if let personality = linux.personality { try builder.add(personality) }
        if let policy = linux.memoryPolicy { try builder.add(policy) }
        builder.hasSuccessor = hasSuccessor
        try builder.build(isMemberOfContainer: true)
        steps += builder.steps
        warnings = builder.warnings
    }

    /// Whether a container's processes may have CAP_SYS_PTRACE.
    private static func mayTrace(_ configuration: RuntimeConfiguration) -> Bool {
        guard let sets = configuration.process?.capabilities else { return false }
        let names = sets.bounding + sets.permitted + sets.effective + sets.inheritable
        return CapabilitySet.parse(names).set.contains(.systemTrace)
    }
}
