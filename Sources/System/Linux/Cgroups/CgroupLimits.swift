/// What a cgroup allows; nil leaves the kernel's default, or what stands there already.
///
/// The terms are those of the OCI runtime specification (config-linux.md), which are cgroup v1's; a plan converts them.
public struct CgroupLimits: Equatable, Sendable {
    /// Stands for no limit in every amount.
    public static let unlimited = UInt64.max

    // MARK: Memory, in bytes

    public var memory: UInt64?
    /// Memory and swap together; never under `memory`.
    public var memoryAndSwap: UInt64?
    /// What is kept for this cgroup when memory runs short elsewhere.
    public var memoryReservation: UInt64?
    /// Buffers of TCP; v1 alone has such a limit.
    public var kernelTCPMemory: UInt64?
    /// 0…100; v1 alone.
    public var swappiness: UInt64?
    /// Whether processes that find no memory wait instead of being killed; v1 alone.
    public var disablesOutOfMemoryKiller: Bool?
    /// Whether a limit that would not hold what is in use already is refused, also where the kernel would kill instead (v2).
    public var checksMemoryBeforeUpdate = false

    // MARK: Processor, in microseconds

    /// Of CPU time in each period.
    public var cpuQuota: UInt64?
    /// The kernel's default is 100 000.
    public var cpuPeriod: UInt64?
    /// Unused time that may be added in a later period.
    public var cpuBurst: UInt64?
    /// v1's scale: 2…262144, default 1024.
    public var cpuShares: UInt64?
    /// 1: runs only when nothing else would (SCHED_IDLE).
    public var cpuIdle: Int64?
    /// v1 alone; −1 is no limit.
    public var realtimeRuntime: Int64?
    public var realtimePeriod: UInt64?
    /// Lists as `cpuset(7)` writes them: `0-3,8`.
    public var cpus: String?
    public var memoryNodes: String?

    // MARK: The rest

    public var processes: UInt64?
    public var blockIO: BlockIO?
    public var hugepages: [Hugepages] = []
    /// `net_cls`, v1 alone.
    public var networkClass: UInt32?
    /// `net_prio`, v1 alone: by interface.
    public var networkPriorities: [NetworkPriority] = []
    public var rdma: [RDMA] = []
    /// Rules in order, the last that matches decides; none at all: every device may be used.
    public var deviceRules: [DeviceRule]
    /// Files of v2 to be written as they are (OCI `linux.resources.unified`).
    public var unified: [Setting]

    public init(
        memory: UInt64? = nil, memoryAndSwap: UInt64? = nil, cpuQuota: UInt64? = nil, cpuPeriod: UInt64? = nil,
        cpuShares: UInt64? = nil, processes: UInt64? = nil, cpus: String? = nil, memoryNodes: String? = nil,
        deviceRules: [DeviceRule] = [], unified: [Setting] = []
    ) {
        self.memory = memory
        self.memoryAndSwap = memoryAndSwap
        self.cpuQuota = cpuQuota
        self.cpuPeriod = cpuPeriod
        self.cpuShares = cpuShares
        self.processes = processes
        self.cpus = cpus
        self.memoryNodes = memoryNodes
        self.deviceRules = deviceRules
        self.unified = unified
    }
}

extension CgroupLimits {
    /// Weights and greatest rates of block devices.
    public struct BlockIO: Equatable, Sendable {
        /// 10…1000.
        public var weight: UInt16?
        /// Against the cgroup's own children; only kernels with the CFQ scheduler had it.
        public var leafWeight: UInt16?
        public var devices: [Device]

        public init(weight: UInt16? = nil, leafWeight: UInt16? = nil, devices: [Device] = []) {
            self.weight = weight
            self.leafWeight = leafWeight
            self.devices = devices
        }

        /// What one device gives.
        public struct Device: Equatable, Sendable {
            public var major: UInt32
            public var minor: UInt32
            public var weight: UInt16?
            public var leafWeight: UInt16?
            /// Bytes a second.
            public var readBytes: UInt64?
            public var writeBytes: UInt64?
            /// Requests a second.
            public var readRequests: UInt64?
            public var writeRequests: UInt64?

            public init(major: UInt32, minor: UInt32) {
                self.major = major
                self.minor = minor
            }
        }
    }

    /// The most memory in pages of one size.
    public struct Hugepages: Equatable, Sendable {
        /// As the kernel's files write it: `2MB`, `1GB`.
        public var size: String
        /// Bytes.
        public var limit: UInt64

        public init(size: String, limit: UInt64) {
            self.size = size
            self.limit = limit
        }
    }

    /// The priority of packets that leave by one interface.
    public struct NetworkPriority: Equatable, Sendable {
        public var interface: String
        public var priority: UInt32

        public init(interface: String, priority: UInt32) {
            self.interface = interface
            self.priority = priority
        }
    }

    /// What may be had of one RDMA device.
    public struct RDMA: Equatable, Sendable {
        public var device: String
        public var handles: UInt32?
        public var objects: UInt32?

        public init(device: String, handles: UInt32? = nil, objects: UInt32? = nil) {
            self.device = device
            self.handles = handles
            self.objects = objects
        }
    }

    /// One rule of which devices may be used.
    public struct DeviceRule: Equatable, Sendable {
        public enum Kind: String, Sendable {
            case all = "a"
            case character = "c"
            case block = "b"
        }

        /// What is done with a device.
        public struct Access: OptionSet, Sendable, Hashable {
            public let rawValue: UInt32
            public init(rawValue: UInt32) { self.rawValue = rawValue }

            /// The numbers are those of `BPF_DEVCG_ACC_…`.
            public static let makeNode = Access(rawValue: 1)
            public static let read = Access(rawValue: 2)
            public static let write = Access(rawValue: 4)
            public static let all: Access = [.makeNode, .read, .write]
        }

        public var allow: Bool
        public var kind: Kind
        /// Nil: any.
        public var major: UInt32?
        public var minor: UInt32?
        public var access: Access

        public init(
            allow: Bool, kind: Kind = .all, major: UInt32? = nil, minor: UInt32? = nil, access: Access = .all
        ) {
            self.allow = allow
            self.kind = kind
            self.major = major
            self.minor = minor
            self.access = access
        }

        /// As v1's files take it: `a`, `c 1:3 rwm`, `b *:* m`.
        public var text: String {
            if kind == .all { return "a" }
            var letters = ""
            if access.contains(.read) { letters += "r" }
            if access.contains(.write) { letters += "w" }
            if access.contains(.makeNode) { letters += "m" }
            return "\(kind.rawValue) \(major.map(String.init) ?? "*"):\(minor.map(String.init) ?? "*") \(letters)"
        }
    }

    /// A file of a cgroup and what is written to it.
    public struct Setting: Equatable, Sendable {
        /// What it means that the kernel has no such file.
        public enum Absence: Equatable, Sendable {
            /// Nothing: what was asked for holds without it.
            case tolerated
            /// The limit cannot be had: its field below `linux.resources`, and why.
            case refused(field: String, reason: String)
        }

        public var file: String
        public var value: String
        /// Written in its stead where the kernel has no such file: the first that is there.
        public var otherwise: [Setting]
        /// Nil: the kernel's own error says enough.
        public var absence: Absence?

        public init(file: String, value: String, otherwise: [Setting] = [], absence: Absence? = nil) {
            self.file = file
            self.value = value
            self.otherwise = otherwise
            self.absence = absence
        }
    }
}
