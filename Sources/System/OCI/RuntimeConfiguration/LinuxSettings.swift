extension RuntimeConfiguration {
    /// What only Linux has (`config-linux.md` of the specification).
    public struct LinuxSettings: Equatable, Sendable {
        /// The namespaces the container has of its own; a kind not listed is the runtime's.
        public var namespaces: [Namespace]
        /// Of the user namespace.
        public var uidMappings: [IDMapping]
        public var gidMappings: [IDMapping]
        /// Since 1.1: offsets of a time namespace, by clock (`monotonic`, `boottime`).
        public var timeOffsets: [String: TimeOffset]
        /// Device nodes to be made beyond the default ones.
        public var devices: [Device]
        /// Since 1.3: the host's network devices to be moved into the container, by name.
        public var netDevices: [String: NetworkDevice]
        /// Absolute: below the hierarchy's root; relative: where the runtime likes; absent: the runtime chooses.
        public var cgroupsPath: String?
        public var resources: Resources?
        /// `private`, `slave`, `shared` or `unbindable`, with `r` before it for the whole tree.
        public var rootfsPropagation: String?
        /// Covered, so that they cannot be read.
        public var maskedPaths: [String]
        public var readonlyPaths: [String]
        /// Kernel parameters of the container's own namespaces, by name with dots.
        public var sysctl: KernelParameters
        public var seccomp: SeccompProfile?
        public var personality: Personality?
        /// Since 1.3.
        public var memoryPolicy: MemoryPolicy?
        public var intelRdt: IntelRDT?
        /// SELinux.
        public var mountLabel: String?

        public init(
            namespaces: [Namespace] = [], uidMappings: [IDMapping] = [], gidMappings: [IDMapping] = [],
            timeOffsets: [String: TimeOffset] = [:], devices: [Device] = [],
            netDevices: [String: NetworkDevice] = [:], cgroupsPath: String? = nil, resources: Resources? = nil,
            rootfsPropagation: String? = nil, maskedPaths: [String] = [], readonlyPaths: [String] = [],
            sysctl: KernelParameters = [:], seccomp: SeccompProfile? = nil, personality: Personality? = nil,
            memoryPolicy: MemoryPolicy? = nil, intelRdt: IntelRDT? = nil, mountLabel: String? = nil
        ) {
            self.namespaces = namespaces
            self.uidMappings = uidMappings
            self.gidMappings = gidMappings
            self.timeOffsets = timeOffsets
            self.devices = devices
            self.netDevices = netDevices
            self.cgroupsPath = cgroupsPath
            self.resources = resources
            self.rootfsPropagation = rootfsPropagation
            self.maskedPaths = maskedPaths
            self.readonlyPaths = readonlyPaths
            self.sysctl = sysctl
            self.seccomp = seccomp
            self.personality = personality
            self.memoryPolicy = memoryPolicy
            self.intelRdt = intelRdt
            self.mountLabel = mountLabel
        }
    }

    /// One namespace of the container's own.
    public struct Namespace: Equatable, Sendable {
        /// The kinds, as the specification writes them.
        public enum Kind: String, JSONValue, Sendable, CaseIterable {
            case pid, network, mount, ipc, uts, user, cgroup, time
        }

        public var kind: Kind
        /// An existing namespace to join (`/proc/<pid>/ns/net`); absent: a new one.
        public var path: String?

        public init(_ kind: Kind, path: String? = nil) {
            self.kind = kind
            self.path = path
        }
    }

    /// A range of ids inside a user namespace and the range outside it stands for (`user_namespaces(7)`).
    public struct IDMapping: Equatable, Sendable {
        public var containerID: UInt32
        public var hostID: UInt32
        public var size: UInt32

        public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
            self.containerID = containerID
            self.hostID = hostID
            self.size = size
        }
    }

    /// An offset of a clock in a time namespace.
    public struct TimeOffset: Equatable, Sendable {
        public var secs: Int64?
        public var nanosecs: UInt32?

        public init(secs: Int64? = nil, nanosecs: UInt32? = nil) {
            self.secs = secs
            self.nanosecs = nanosecs
        }
    }

    /// A device node.
    public struct Device: Equatable, Sendable {
        /// `c`, `b`, `u` or `p`, as `mknod(1)` has them.
        public var type: String
        /// Absolute, inside the container.
        public var path: String
        public var major: Int64?
        public var minor: Int64?
        public var fileMode: UInt32?
        public var uid: UInt32?
        public var gid: UInt32?

        public init(
            type: String, path: String, major: Int64? = nil, minor: Int64? = nil, fileMode: UInt32? = nil,
            uid: UInt32? = nil, gid: UInt32? = nil
        ) {
            self.type = type
            self.path = path
            self.major = major
            self.minor = minor
            self.fileMode = fileMode
            self.uid = uid
            self.gid = gid
        }
    }

    /// A network device of the host, moved in.
    public struct NetworkDevice: Equatable, Sendable {
        /// Its name inside; absent: the same.
        public var name: String?

        public init(name: String? = nil) { self.name = name }
    }

    /// `personality(2)`.
    public struct Personality: Equatable, Sendable {
        /// `LINUX` or `LINUX32`.
        public var domain: String
        public var flags: [String]

        public init(domain: String, flags: [String] = []) {
            self.domain = domain
            self.flags = flags
        }
    }

    /// `set_mempolicy(2)`. Since 1.3.
    public struct MemoryPolicy: Equatable, Sendable {
        /// `MPOL_DEFAULT`, `MPOL_BIND`, …
        public var mode: String
        /// A list as in `cpuset(7)`: `0-3,7`; some modes need one, some forbid it.
        public var nodes: String?
        /// `MPOL_F_STATIC_NODES`, …
        public var flags: [String]

        public init(mode: String, nodes: String? = nil, flags: [String] = []) {
            self.mode = mode
            self.nodes = nodes
            self.flags = flags
        }
    }

    /// Cache and memory bandwidth by class of service, through the `resctrl` file system.
    public struct IntelRDT: Equatable, Sendable {
        /// The class of service, a directory of `resctrl`; `/` is the default one, absent: one named after the container.
        public var closID: String?
        /// `L3:<cache>=<bit mask>;…`.
        public var l3CacheSchema: String?
        /// `MB:<cache>=<bandwidth>;…`.
        public var memBwSchema: String?
        /// Since 1.3: lines of the `schemata` file, written after the two before.
        public var schemata: [String]
        /// Since 1.3, in place of `enableCMT` and `enableMBM`: a monitoring group for the container alone.
        public var enableMonitoring: Bool

        public init(
            closID: String? = nil, l3CacheSchema: String? = nil, memBwSchema: String? = nil, schemata: [String] = [],
            enableMonitoring: Bool = false
        ) {
            self.closID = closID
            self.l3CacheSchema = l3CacheSchema
            self.memBwSchema = memBwSchema
            self.schemata = schemata
            self.enableMonitoring = enableMonitoring
        }
    }
}

// MARK: - JSON

extension RuntimeConfiguration.LinuxSettings: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.defaulted("uidMappings", &uidMappings)
        try members.defaulted("gidMappings", &gidMappings)
        try members.defaulted("sysctl", &sysctl)
        try members.optional("resources", &resources)
        try members.text("cgroupsPath", &cgroupsPath)
        try members.defaulted("namespaces", &namespaces)
        try members.defaulted("devices", &devices)
        try members.defaulted("netDevices", &netDevices)
        try members.optional("seccomp", &seccomp)
        try members.text("rootfsPropagation", &rootfsPropagation)
        try members.defaulted("maskedPaths", &maskedPaths)
        try members.defaulted("readonlyPaths", &readonlyPaths)
        try members.text("mountLabel", &mountLabel)
        try members.optional("intelRdt", &intelRdt)
        try members.optional("memoryPolicy", &memoryPolicy)
        try members.optional("personality", &personality)
        try members.defaulted("timeOffsets", &timeOffsets)
    }
}

extension RuntimeConfiguration.Namespace: JSONObject {
    public static var blank: Self { Self(.pid) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("type", &kind)
        try members.text("path", &path)
    }
}

extension RuntimeConfiguration.IDMapping: JSONObject {
    public static var blank: Self { Self(containerID: 0, hostID: 0, size: 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("containerID", &containerID)
        try members.required("hostID", &hostID)
        try members.required("size", &size)
    }
}

extension RuntimeConfiguration.TimeOffset: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("secs", &secs)
        try members.optional("nanosecs", &nanosecs)
    }
}

extension RuntimeConfiguration.Device: JSONObject {
    public static var blank: Self { Self(type: "", path: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("path", &path)
        try members.required("type", &type)
        try members.optional("major", &major)
        try members.optional("minor", &minor)
        try members.optional("fileMode", &fileMode)
        try members.optional("uid", &uid)
        try members.optional("gid", &gid)
    }
}

extension RuntimeConfiguration.NetworkDevice: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.text("name", &name)
    }
}

extension RuntimeConfiguration.Personality: JSONObject {
    public static var blank: Self { Self(domain: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("domain", &domain)
        try members.defaulted("flags", &flags)
    }
}

extension RuntimeConfiguration.MemoryPolicy: JSONObject {
    public static var blank: Self { Self(mode: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("mode", &mode)
        try members.text("nodes", &nodes)
        try members.defaulted("flags", &flags)
    }
}

extension RuntimeConfiguration.IntelRDT: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.text("closID", &closID)
        try members.defaulted("schemata", &schemata)
        try members.text("l3CacheSchema", &l3CacheSchema)
        try members.text("memBwSchema", &memBwSchema)
        try members.defaulted("enableMonitoring", &enableMonitoring)
    }
}
