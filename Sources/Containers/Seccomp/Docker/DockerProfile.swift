public import OCI

extension SeccompProfile {
    /// Docker's default profile (Docker Engine 29) as the engine resolves it for one container: an allow list, in which
    /// some calls need a capability, and a few are judged by an argument.
    ///
    /// - Parameter capabilities: The container's bounding set, by name.
    public static func docker(
        capabilities: [String] = RuntimeConfiguration.dockerCapabilities
    ) -> SeccompProfile {
        var rules = [
            Rule(DockerSystemCalls.always, .allow),
            Rule(DockerSystemCalls.tracing, .allow),
        ]
        for range in addressFamilies {
            // One rule for the common ones, as Docker has it: conditions of one rule must all hold.
            if range.lowerBound == 0 {
                let above = UInt64(range.upperBound) + 1
                rules.append(Rule(["socket"], .allow, when: [Condition(argument: 0, .lessThan, above)]))
            } else {
                for family in range {
                    rules.append(Rule(["socket"], .allow, when: [Condition(argument: 0, .equal, UInt64(family))]))
                }
            }
        }
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

    /// The families of sockets (AF_…) that containers may have. Not among them are those that nobody needs, and whose code is
    /// seldom looked at: DECnet (12), Econet (19), ATM (20), IrDA (23), WAN-PIPE (25), IUCV (34), CAIF (37); the kernel's
    /// cryptography (38), by which page caches of files were written that containers share; and AF_VSOCK (40), by which host
    /// and guest talk past every network namespace.
    ///
    /// `socketcall`, which 32-bit programs have in place of `socket` on kernels before 4.3, has its family behind a pointer where
    /// a filter cannot look. It stays allowed, as with Docker, which relies on AppArmor and SELinux there.
    static let addressFamilies: [ClosedRange<Int>] = [
        0...11, 13...18, 21...22, 24...24, 26...33, 35...36, 39...39, 41...45,
    ]

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
