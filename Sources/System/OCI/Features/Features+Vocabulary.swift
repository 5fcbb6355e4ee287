internal import Linux

extension Features {
    /// The features that are words of `config.json`, from the tables by which it is read and checked: whatever is listed is
    /// taken. What a runtime does or leaves (cgroup managers, AppArmor, …) is for it to add.
    ///
    /// - Parameters:
    ///   - mountOptions: Those that the runtime itself understands.
    ///   - supportedSeccompFlags: Those of `SeccompProfile.knownFlags` that this kernel has; nil: not asked.
    public static func vocabulary(
        mountOptions: [String], supportedSeccompFlags: [String]? = nil
    ) -> Features {
        Features(
            hooks: RuntimeConfiguration.Hooks.kinds,
            mountOptions: mountOptions.sorted(),
            linux: LinuxFeatures(
                namespaces: RuntimeConfiguration.Namespace.Kind.allCases.map(\.rawValue).sorted(),
                capabilities: CapabilitySet.names,
                seccomp: Seccomp(
                    enabled: true,
                    actions: SeccompProfile.Action.allCases.map(\.rawValue).sorted(),
                    operators: SeccompProfile.Condition.Comparison.allCases.map(\.rawValue).sorted(),
                    architectures: SeccompProfile.Architecture.allCases.map(\.rawValue).sorted(),
                    knownFlags: SeccompProfile.knownFlags,
                    supportedFlags: supportedSeccompFlags),
                memoryPolicy: MemoryPolicy(
                    modes: RuntimeConfiguration.MemoryPolicy.modes,
                    flags: RuntimeConfiguration.MemoryPolicy.knownFlags)))
    }
}
