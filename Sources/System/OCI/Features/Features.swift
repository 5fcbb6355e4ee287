/// What a runtime can do, whatever the host has: the answer of `features` (`features.md` of the OCI runtime specification).
///
/// A member that is nil is unknown; an empty list says that there is none.
public struct Features: Equatable, Sendable {
    /// The range of versions of the specification that `config.json` may name.
    public var ociVersionMin: String
    public var ociVersionMax: String
    /// The kinds of hook, by their names in `config.json`.
    public var hooks: [String]?
    /// Those options of mounts that the runtime itself understands, not those of file systems.
    public var mountOptions: [String]?
    public var linux: LinuxFeatures?
    /// By reverse domain name, e.g. the runtime's own version.
    public var annotations: [String: String]?
    /// Annotations of `config.json` that change what the runtime does; one that ends with a full stop is a prefix.
    public var potentiallyUnsafeConfigAnnotations: [String]?

    public init(
        ociVersionMin: String = "1.0.0", ociVersionMax: String = RuntimeConfiguration.specificationVersion,
        hooks: [String]? = nil, mountOptions: [String]? = nil, linux: LinuxFeatures? = nil,
        annotations: [String: String]? = nil, potentiallyUnsafeConfigAnnotations: [String]? = nil
    ) {
        self.ociVersionMin = ociVersionMin
        self.ociVersionMax = ociVersionMax
        self.hooks = hooks
        self.mountOptions = mountOptions
        self.linux = linux
        self.annotations = annotations
        self.potentiallyUnsafeConfigAnnotations = potentiallyUnsafeConfigAnnotations
    }
}

extension Features {
    /// What only Linux has (`features-linux.md`).
    public struct LinuxFeatures: Equatable, Sendable {
        /// By their names in `linux.namespaces`.
        public var namespaces: [String]?
        /// By name (`CAP_CHOWN`).
        public var capabilities: [String]?
        public var cgroup: CgroupManagers?
        public var seccomp: Seccomp?
        public var apparmor: Support?
        public var selinux: Support?
        public var intelRdt: IntelRDT?
        public var memoryPolicy: MemoryPolicy?
        public var mountExtensions: MountExtensions?
        public var netDevices: Support?

        public init(
            namespaces: [String]? = nil, capabilities: [String]? = nil, cgroup: CgroupManagers? = nil,
            seccomp: Seccomp? = nil, apparmor: Support? = nil, selinux: Support? = nil, intelRdt: IntelRDT? = nil,
            memoryPolicy: MemoryPolicy? = nil, mountExtensions: MountExtensions? = nil, netDevices: Support? = nil
        ) {
            self.namespaces = namespaces
            self.capabilities = capabilities
            self.cgroup = cgroup
            self.seccomp = seccomp
            self.apparmor = apparmor
            self.selinux = selinux
            self.intelRdt = intelRdt
            self.memoryPolicy = memoryPolicy
            self.mountExtensions = mountExtensions
            self.netDevices = netDevices
        }
    }

    /// Whether something is supported at all.
    public struct Support: Equatable, Sendable {
        public var enabled: Bool?

        public init(enabled: Bool? = nil) { self.enabled = enabled }
    }

    /// The ways to limit and account.
    public struct CgroupManagers: Equatable, Sendable {
        public var v1: Bool?
        public var v2: Bool?
        public var systemd: Bool?
        /// A user's own systemd.
        public var systemdUser: Bool?
        public var rdma: Bool?

        public init(
            v1: Bool? = nil, v2: Bool? = nil, systemd: Bool? = nil, systemdUser: Bool? = nil, rdma: Bool? = nil
        ) {
            self.v1 = v1
            self.v2 = v2
            self.systemd = systemd
            self.systemdUser = systemdUser
            self.rdma = rdma
        }
    }

    /// The words of `linux.seccomp`.
    public struct Seccomp: Equatable, Sendable {
        public var enabled: Bool?
        public var actions: [String]?
        public var operators: [String]?
        public var architectures: [String]?
        /// `SECCOMP_FILTER_FLAG_…` that are understood …
        public var knownFlags: [String]?
        /// … and those among them that this kernel has.
        public var supportedFlags: [String]?

        public init(
            enabled: Bool? = nil, actions: [String]? = nil, operators: [String]? = nil,
            architectures: [String]? = nil, knownFlags: [String]? = nil, supportedFlags: [String]? = nil
        ) {
            self.enabled = enabled
            self.actions = actions
            self.operators = operators
            self.architectures = architectures
            self.knownFlags = knownFlags
            self.supportedFlags = supportedFlags
        }
    }

    /// Which parts of `linux.intelRdt` are supported.
    public struct IntelRDT: Equatable, Sendable {
        public var enabled: Bool?
        /// Since 1.3, as `monitoring`.
        public var schemata: Bool?
        public var monitoring: Bool?

        public init(enabled: Bool? = nil, schemata: Bool? = nil, monitoring: Bool? = nil) {
            self.enabled = enabled
            self.schemata = schemata
            self.monitoring = monitoring
        }
    }

    /// The words of `linux.memoryPolicy`. Since 1.3.
    public struct MemoryPolicy: Equatable, Sendable {
        public var modes: [String]?
        public var flags: [String]?

        public init(modes: [String]? = nil, flags: [String]? = nil) {
            self.modes = modes
            self.flags = flags
        }
    }

    /// Mounts beyond `mount(2)`.
    public struct MountExtensions: Equatable, Sendable {
        /// The mappings of a mount's own ids.
        public var idmap: Support?

        public init(idmap: Support? = nil) { self.idmap = idmap }
    }
}

// MARK: - JSON

extension Features {
    static let document = "features"

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(Features.self, from: json, document: Self.document)
    }

    public func json(indented: Bool = true) -> [UInt8] {
        JSONDocument.write(self, indented: indented)
    }
}

extension Features: JSONObject {
    public static var blank: Self { Self(ociVersionMin: "", ociVersionMax: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("ociVersionMin", &ociVersionMin)
        try members.required("ociVersionMax", &ociVersionMax)
        try members.optional("hooks", &hooks)
        try members.optional("mountOptions", &mountOptions)
        try members.optional("linux", &linux)
        try members.optional("annotations", &annotations)
        try members.optional("potentiallyUnsafeConfigAnnotations", &potentiallyUnsafeConfigAnnotations)
    }
}

extension Features.LinuxFeatures: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("namespaces", &namespaces)
        try members.optional("capabilities", &capabilities)
        try members.optional("cgroup", &cgroup)
        try members.optional("seccomp", &seccomp)
        try members.optional("apparmor", &apparmor)
        try members.optional("selinux", &selinux)
        try members.optional("intelRdt", &intelRdt)
        try members.optional("memoryPolicy", &memoryPolicy)
        try members.optional("mountExtensions", &mountExtensions)
        try members.optional("netDevices", &netDevices)
    }
}

extension Features.Support: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("enabled", &enabled)
    }
}

extension Features.CgroupManagers: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("v1", &v1)
        try members.optional("v2", &v2)
        try members.optional("systemd", &systemd)
        try members.optional("systemdUser", &systemdUser)
        try members.optional("rdma", &rdma)
    }
}

extension Features.Seccomp: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("enabled", &enabled)
        try members.optional("actions", &actions)
        try members.optional("operators", &operators)
        try members.optional("archs", &architectures)
        try members.optional("knownFlags", &knownFlags)
        try members.optional("supportedFlags", &supportedFlags)
    }
}

extension Features.IntelRDT: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("enabled", &enabled)
        try members.optional("schemata", &schemata)
        try members.optional("monitoring", &monitoring)
    }
}

extension Features.MemoryPolicy: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("modes", &modes)
        try members.optional("flags", &flags)
    }
}

extension Features.MountExtensions: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("idmap", &idmap)
    }
}
