public import OCI

extension SeccompProfile {
    /// Docker's default profile (Docker Engine 28) as the engine resolves it for one container: an allow list, in which
    /// some calls need a capability, and a few are judged by an argument.
    ///
    /// - Parameter capabilities: The container's bounding set, by name.
    public static func docker(
        capabilities: [String] = RuntimeConfiguration.dockerCapabilities
    ) -> SeccompProfile {
        var rules = [
            Rule(DockerSystemCalls.always, .allow),
            Rule(DockerSystemCalls.tracing, .allow),
            // Host and guest talk over AF_VSOCK (40) past every network namespace.
            Rule(["socket"], .allow, when: [Condition(argument: 0, .notEqual, 40)]),
        ]
        // PER_LINUX, PER_LINUX32, UNAME26 alone and with PER_LINUX32, and the question which one is set.
        for personality: UInt64 in [0, 0x0008, 0x20000, 0x20008, 0xFFFF_FFFF] {
            rules.append(Rule(["personality"], .allow, when: [Condition(argument: 0, .equal, personality)]))
        }
        if let names = DockerSystemCalls.ofArchitecture[hostArchitecture] { rules.append(Rule(names, .allow)) }
        for (capability, names) in DockerSystemCalls.ofCapability where capabilities.contains(capability) {
            rules.append(Rule(names, .allow))
        }
        if !capabilities.contains("CAP_SYS_ADMIN") {
            // No new namespaces. clone3 has its flags behind a pointer, where a filter cannot look: "no such call"
            // makes C libraries fall back to clone.
            rules.append(
                Rule(["clone"], .allow, when: [Condition(argument: 0, .maskedEqual, namespaceFlags, equals: 0)]))
            rules.append(Rule(["clone3"], .errno, errorNumber: 38))
        }
        return SeccompProfile(
            defaultAction: .errno, defaultErrorNumber: 1, architectures: hostArchitectures, systemCalls: rules)
    }

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
    private static let namespaceFlags: UInt64 = 0x7E02_0000

    #if arch(arm64)
        private static let hostArchitecture = "aarch64"
        private static let hostArchitectures: [Architecture] = [.aarch64, .arm]
    #else
        private static let hostArchitecture = "x86_64"
        private static let hostArchitectures: [Architecture] = [.x86_64, .x86, .x32]
    #endif
}
