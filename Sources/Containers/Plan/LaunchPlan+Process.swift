import Linux
import OCI
import Seccomp

/// The part of a plan that turns the child into the container's process: limits, identity, privileges, program.
extension LaunchPlan {
    mutating func planProcess(
        _ process: RuntimeConfiguration.Process, _ linux: RuntimeConfiguration.LinuxSettings, _ options: Options,
        namespaces: Namespaces
    ) throws(PlanError) {
        for limit in process.resourceLimits { steps.append(.setLimit(try resourceLimit(limit))) }
        steps += [.newSession, .streams, .resetSignals, .closeOtherDescriptors]
        if let mask = process.user.umask { steps.append(.setFileModeMask(mask)) }

        // Inside a user namespace every capability is there to be given, whatever the host's bounding set.
        let available = CapabilitySet(rawValue: ~0)
        var ceiling = namespaces.contains(.user) ? available : host.boundingSet
        // Device rules that nothing enforces would leave every disk of the host one mknod away.
        let unlimited = limits.map { $0.deviceRules == [.init(allow: true)] } ?? false
        let enforced = limits != nil && host.limitsDevices
        if !unlimited, !enforced, !namespaces.contains(.user) {
            ceiling.subtract(.makeNode)
            if process.capabilities?.bounding.contains("CAP_MKNOD") == true {
                warnings.append("linux.resources.devices: nothing here enforces them: CAP_MKNOD is withheld instead")
            }
        }
        let capabilities = process.capabilities ?? RuntimeConfiguration.Capabilities()
        let bounding = set(capabilities.bounding, ceiling, "bounding")
        let permitted = set(capabilities.permitted, ceiling, "permitted")
        let effective = set(capabilities.effective, ceiling, "effective")
        let inheritable = set(capabilities.inheritable, ceiling, "inheritable")
        let ambient = set(capabilities.ambient, ceiling, "ambient")
        steps.append(.limitBoundingSet(to: bounding))

        let filter = options.filter.map { ChildStep.seccomp(instructions: $0, flags: options.filterFlags) }
        // Without no_new_privs a filter needs CAP_SYS_ADMIN, which is about to go; with it, it comes last.
        if let filter, !process.noNewPrivileges { steps.append(filter) }
        if process.user.uid != 0 { steps.append(.keepCapabilities) }
        let denied = identityMaps?.deniesSetGroups ?? false
        steps.append(
            .setGroups(primary: process.user.gid, additional: denied ? nil : process.user.additionalGids))
        steps.append(.setUser(process.user.uid))
        // After the change of user, so that the program's directory is one the user may enter.
        steps.append(.changeDirectory(path: process.workingDirectory))
        steps.append(.setCapabilities(effective: effective, permitted: permitted, inheritable: inheritable))
        if !ambient.isEmpty { steps.append(.setAmbientCapabilities(ambient)) }
        if process.noNewPrivileges { steps.append(.noNewPrivileges) }
        // A change of credentials clears it: it comes after.
        if let signal = options.parentDeathSignal { steps.append(.parentDeathSignal(signal)) }
        if let filter, process.noNewPrivileges { steps.append(filter) }
        steps.append(
            .execute(
                candidates: ProcessPlan.candidates(for: process.arguments[0], environment: process.environment),
                arguments: process.arguments, environment: process.environment))
    }

    private mutating func set(_ names: [String], _ ceiling: CapabilitySet, _ which: String) -> CapabilitySet {
        let (asked, unknown) = CapabilitySet.parse(names)
        warnings += unknown.map { "process.capabilities.\(which): \($0) is not known here" }
        let lacking = asked.subtracting(ceiling)
        if which == "bounding" || which == "permitted", !lacking.isEmpty {
            warnings.append("process.capabilities.\(which): this host cannot give \(lacking)")
        }
        return asked.intersection(ceiling)
    }

    private mutating func resourceLimit(
        _ limit: RuntimeConfiguration.ResourceLimit
    ) throws(PlanError) -> ResourceLimit {
        guard let resource = ResourceLimit.Resource(named: limit.type) else {
            throw PlanError("process.rlimits", "unknown limit '\(limit.type)'")
        }
        let asked = ResourceLimit(resource, soft: limit.soft, hard: limit.hard)
        guard asked.soft <= asked.hard else {
            throw PlanError("process.rlimits", "\(limit.type): the soft limit is above the hard one")
        }
        let mayRaise = host.privileged && host.boundingSet.contains(.systemResource) && identityMaps == nil
        guard !mayRaise, let hard = host.hardLimits[resource] else { return asked }
        let clipped = asked.clipped(toHard: hard)
        if clipped != asked { warnings.append("\(asked): clipped to this host's hard limit, \(hard)") }
        return clipped
    }
}

extension CapabilitySet {
    static let systemResource = CapabilitySet(rawValue: 1 << 24)
    static let makeNode = CapabilitySet(rawValue: 1 << 27)
}

extension FilterInstruction {
    /// `struct sock_filter` as one little-endian word.
    var word: UInt64 {
        UInt64(code) | UInt64(jumpTrue) << 16 | UInt64(jumpFalse) << 24 | UInt64(constant) << 32
    }
}
