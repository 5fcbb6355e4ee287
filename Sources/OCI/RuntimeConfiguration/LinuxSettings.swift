extension RuntimeConfiguration {
    /// What only Linux has (`config-linux.md` of the specification).
    public struct LinuxSettings: Codable, Equatable, Sendable {
        /// The namespaces the container has of its own; a kind not listed is the runtime's.
        @DefaultWhenAbsent public var namespaces: [Namespace]
        /// Of the user namespace.
        @DefaultWhenAbsent public var uidMappings: [IDMapping]
        @DefaultWhenAbsent public var gidMappings: [IDMapping]
        /// Since 1.1: offsets of a time namespace, by clock (`monotonic`, `boottime`).
        @DefaultWhenAbsent public var timeOffsets: [String: TimeOffset]
        /// Device nodes to be made beyond the default ones.
        @DefaultWhenAbsent public var devices: [Device]
        /// Since 1.3: the host's network devices to be moved into the container, by name.
        @DefaultWhenAbsent public var netDevices: [String: NetworkDevice]
        /// Absolute: below the hierarchy's root; relative: where the runtime likes; absent: the runtime chooses.
        public var cgroupsPath: String?
        public var resources: Resources?
        /// `private`, `slave`, `shared` or `unbindable`, with `r` before it for the whole tree.
        public var rootfsPropagation: String?
        /// Covered, so that they cannot be read.
        @DefaultWhenAbsent public var maskedPaths: [String]
        @DefaultWhenAbsent public var readonlyPaths: [String]
        /// Kernel parameters of the container's own namespaces, by name with dots.
        @DefaultWhenAbsent public var sysctl: [String: String]
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
            sysctl: [String: String] = [:], seccomp: SeccompProfile? = nil, personality: Personality? = nil,
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
    public struct Namespace: Codable, Equatable, Sendable {
        /// The kinds, as the specification writes them.
        public enum Kind: String, Codable, Sendable, CaseIterable {
            case pid, network, mount, ipc, uts, user, cgroup, time
        }

        public var kind: Kind
        /// An existing namespace to join (`/proc/<pid>/ns/net`); absent: a new one.
        public var path: String?

        public init(_ kind: Kind, path: String? = nil) {
            self.kind = kind
            self.path = path
        }

        enum CodingKeys: String, CodingKey {
            case kind = "type"
            case path
        }
    }

    /// A range of ids inside a user namespace and the range outside it stands for (`user_namespaces(7)`).
    public struct IDMapping: Codable, Equatable, Sendable {
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
    public struct TimeOffset: Codable, Equatable, Sendable {
        public var secs: Int64?
        public var nanosecs: UInt32?

        public init(secs: Int64? = nil, nanosecs: UInt32? = nil) {
            self.secs = secs
            self.nanosecs = nanosecs
        }
    }

    /// A device node.
    public struct Device: Codable, Equatable, Sendable {
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
    public struct NetworkDevice: Codable, Equatable, Sendable {
        /// Its name inside; absent: the same.
        public var name: String?

        public init(name: String? = nil) { self.name = name }
    }

    /// `personality(2)`.
    public struct Personality: Codable, Equatable, Sendable {
        /// `LINUX` or `LINUX32`.
        public var domain: String
        @DefaultWhenAbsent public var flags: [String]

        public init(domain: String, flags: [String] = []) {
            self.domain = domain
            self.flags = flags
        }
    }

    /// `set_mempolicy(2)`. Since 1.3.
    public struct MemoryPolicy: Codable, Equatable, Sendable {
        /// `MPOL_DEFAULT`, `MPOL_BIND`, …
        public var mode: String
        /// A list as in `cpuset(7)`: `0-3,7`; some modes need one, some forbid it.
        public var nodes: String?
        /// `MPOL_F_STATIC_NODES`, …
        @DefaultWhenAbsent public var flags: [String]

        public init(mode: String, nodes: String? = nil, flags: [String] = []) {
            self.mode = mode
            self.nodes = nodes
            self.flags = flags
        }
    }

    /// Cache and memory bandwidth by class of service, through the `resctrl` file system.
    public struct IntelRDT: Codable, Equatable, Sendable {
        /// The class of service, a directory of `resctrl`; `/` is the default one, absent: one named after the container.
        public var closID: String?
        /// `L3:<cache>=<bit mask>;…`.
        public var l3CacheSchema: String?
        /// `MB:<cache>=<bandwidth>;…`.
        public var memBwSchema: String?
        /// Since 1.3: lines of the `schemata` file, written after the two before.
        @DefaultWhenAbsent public var schemata: [String]
        /// Since 1.3, in place of `enableCMT` and `enableMBM`: a monitoring group for the container alone.
        @DefaultWhenAbsent public var enableMonitoring: Bool

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
