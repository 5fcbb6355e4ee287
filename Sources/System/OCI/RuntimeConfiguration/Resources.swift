extension RuntimeConfiguration {
    /// The limits of the container's cgroup, in the terms of cgroup v1, as the specification has them; `unified` speaks v2.
    public struct Resources: Equatable, Sendable {
        /// Applied in order; the device controller of v1, a BPF program on v2.
        public var devices: [DeviceRule]
        public var memory: Memory?
        public var cpu: Processor?
        public var pids: ProcessCount?
        public var blockIO: BlockIO?
        public var hugepageLimits: [HugepageLimit]
        public var network: Network?
        public var rdma: [String: RDMALimit]
        /// Since 1.1: files of cgroup v2 and what is written to them, e.g. `memory.high`.
        public var unified: [String: String]

        public init(
            devices: [DeviceRule] = [], memory: Memory? = nil, cpu: Processor? = nil, pids: ProcessCount? = nil,
            blockIO: BlockIO? = nil, hugepageLimits: [HugepageLimit] = [], network: Network? = nil,
            rdma: [String: RDMALimit] = [:], unified: [String: String] = [:]
        ) {
            self.devices = devices
            self.memory = memory
            self.cpu = cpu
            self.pids = pids
            self.blockIO = blockIO
            self.hugepageLimits = hugepageLimits
            self.network = network
            self.rdma = rdma
            self.unified = unified
        }
    }
}

extension RuntimeConfiguration.Resources {
    /// Which device nodes may be opened or made.
    public struct DeviceRule: Equatable, Sendable {
        public var allow: Bool
        /// `a` (all), `c` or `b`; absent is `a`.
        public var type: String?
        /// Absent: any.
        public var major: Int64?
        public var minor: Int64?
        /// Of `r`, `w`, `m` (mknod); absent: all three.
        public var access: String?

        public init(
            allow: Bool, type: String? = nil, major: Int64? = nil, minor: Int64? = nil, access: String? = nil
        ) {
            self.allow = allow
            self.type = type
            self.major = major
            self.minor = minor
            self.access = access
        }
    }

    /// Bytes, unless said otherwise; −1: unlimited.
    public struct Memory: Equatable, Sendable {
        public var limit: Int64?
        public var reservation: Int64?
        /// Memory *and* swap together, as in cgroup v1.
        public var swap: Int64?
        public var kernel: Int64?
        public var kernelTCP: Int64?
        /// 0 … 100.
        public var swappiness: UInt64?
        public var disableOOMKiller: Bool?
        public var useHierarchy: Bool?
        public var checkBeforeUpdate: Bool?

        public init(
            limit: Int64? = nil, reservation: Int64? = nil, swap: Int64? = nil, kernel: Int64? = nil,
            kernelTCP: Int64? = nil, swappiness: UInt64? = nil, disableOOMKiller: Bool? = nil,
            useHierarchy: Bool? = nil, checkBeforeUpdate: Bool? = nil
        ) {
            self.limit = limit
            self.reservation = reservation
            self.swap = swap
            self.kernel = kernel
            self.kernelTCP = kernelTCP
            self.swappiness = swappiness
            self.disableOOMKiller = disableOOMKiller
            self.useHierarchy = useHierarchy
            self.checkBeforeUpdate = checkBeforeUpdate
        }
    }

    /// The cpu and cpuset controllers; times in microseconds.
    public struct Processor: Equatable, Sendable {
        public var shares: UInt64?
        /// Microseconds of processor time in one period; −1: unlimited.
        public var quota: Int64?
        public var burst: UInt64?
        public var period: UInt64?
        public var realtimeRuntime: Int64?
        public var realtimePeriod: UInt64?
        /// Lists as in `cpuset(7)`: `0-3,6`.
        public var cpus: String?
        public var mems: String?
        public var idle: Int64?

        public init(
            shares: UInt64? = nil, quota: Int64? = nil, burst: UInt64? = nil, period: UInt64? = nil,
            realtimeRuntime: Int64? = nil, realtimePeriod: UInt64? = nil, cpus: String? = nil, mems: String? = nil,
            idle: Int64? = nil
        ) {
            self.shares = shares
            self.quota = quota
            self.burst = burst
            self.period = period
            self.realtimeRuntime = realtimeRuntime
            self.realtimePeriod = realtimePeriod
            self.cpus = cpus
            self.mems = mems
            self.idle = idle
        }
    }

    /// The pids controller.
    public struct ProcessCount: Equatable, Sendable {
        /// −1: unlimited; 0: a limit like any other since 1.3, unlimited in older documents. Absent since 1.3: left as it is.
        public var limit: Int64?

        public init(limit: Int64? = nil) { self.limit = limit }
    }

    /// The blkio controller.
    public struct BlockIO: Equatable, Sendable {
        /// 10 … 1000.
        public var weight: UInt16?
        public var leafWeight: UInt16?
        public var weightDevice: [DeviceWeight]
        /// Bytes a second.
        public var throttleReadBpsDevice: [DeviceRate]
        public var throttleWriteBpsDevice: [DeviceRate]
        /// Operations a second.
        public var throttleReadIOPSDevice: [DeviceRate]
        public var throttleWriteIOPSDevice: [DeviceRate]

        public init(
            weight: UInt16? = nil, leafWeight: UInt16? = nil, weightDevice: [DeviceWeight] = [],
            throttleReadBpsDevice: [DeviceRate] = [], throttleWriteBpsDevice: [DeviceRate] = [],
            throttleReadIOPSDevice: [DeviceRate] = [], throttleWriteIOPSDevice: [DeviceRate] = []
        ) {
            self.weight = weight
            self.leafWeight = leafWeight
            self.weightDevice = weightDevice
            self.throttleReadBpsDevice = throttleReadBpsDevice
            self.throttleWriteBpsDevice = throttleWriteBpsDevice
            self.throttleReadIOPSDevice = throttleReadIOPSDevice
            self.throttleWriteIOPSDevice = throttleWriteIOPSDevice
        }
    }

    /// The weight of one block device.
    public struct DeviceWeight: Equatable, Sendable {
        public var major: Int64
        public var minor: Int64
        public var weight: UInt16?
        public var leafWeight: UInt16?

        public init(major: Int64, minor: Int64, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
            self.major = major
            self.minor = minor
            self.weight = weight
            self.leafWeight = leafWeight
        }
    }

    /// The greatest rate of one block device.
    public struct DeviceRate: Equatable, Sendable {
        public var major: Int64
        public var minor: Int64
        public var rate: UInt64

        public init(major: Int64, minor: Int64, rate: UInt64) {
            self.major = major
            self.minor = minor
            self.rate = rate
        }
    }

    /// The hugetlb controller.
    public struct HugepageLimit: Equatable, Sendable {
        /// `2MB`, `1GB`.
        public var pageSize: String
        /// Bytes.
        public var limit: UInt64

        public init(pageSize: String, limit: UInt64) {
            self.pageSize = pageSize
            self.limit = limit
        }
    }

    /// The net_cls and net_prio controllers.
    public struct Network: Equatable, Sendable {
        public var classID: UInt32?
        public var priorities: [InterfacePriority]

        public init(classID: UInt32? = nil, priorities: [InterfacePriority] = []) {
            self.classID = classID
            self.priorities = priorities
        }
    }

    /// The priority of one network interface.
    public struct InterfacePriority: Equatable, Sendable {
        public var name: String
        public var priority: UInt32

        public init(name: String, priority: UInt32) {
            self.name = name
            self.priority = priority
        }
    }

    /// The rdma controller.
    public struct RDMALimit: Equatable, Sendable {
        public var hcaHandles: UInt32?
        public var hcaObjects: UInt32?

        public init(hcaHandles: UInt32? = nil, hcaObjects: UInt32? = nil) {
            self.hcaHandles = hcaHandles
            self.hcaObjects = hcaObjects
        }
    }
}

// MARK: - JSON

extension RuntimeConfiguration.Resources {
    static let document = "resources.json"

    /// Reads what `update --resources` is given: the limits by themselves.
    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(RuntimeConfiguration.Resources.self, from: json, document: Self.document)
    }

    public func json(indented: Bool = true) -> [UInt8] {
        JSONDocument.write(self, indented: indented)
    }
}

extension RuntimeConfiguration.Resources: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.defaulted("devices", &devices)
        try members.optional("memory", &memory)
        try members.optional("cpu", &cpu)
        try members.optional("pids", &pids)
        try members.optional("blockIO", &blockIO)
        try members.defaulted("hugepageLimits", &hugepageLimits)
        try members.optional("network", &network)
        try members.defaulted("rdma", &rdma)
        try members.defaulted("unified", &unified)
    }
}

extension RuntimeConfiguration.Resources.DeviceRule: JSONObject {
    public static var blank: Self { Self(allow: false) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("allow", &allow)
        try members.text("type", &type)
        try members.optional("major", &major)
        try members.optional("minor", &minor)
        try members.text("access", &access)
    }
}

extension RuntimeConfiguration.Resources.Memory: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("limit", &limit)
        try members.optional("reservation", &reservation)
        try members.optional("swap", &swap)
        try members.optional("kernel", &kernel)
        try members.optional("kernelTCP", &kernelTCP)
        try members.optional("swappiness", &swappiness)
        try members.optional("disableOOMKiller", &disableOOMKiller)
        try members.optional("useHierarchy", &useHierarchy)
        try members.optional("checkBeforeUpdate", &checkBeforeUpdate)
    }
}

extension RuntimeConfiguration.Resources.Processor: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("shares", &shares)
        try members.optional("quota", &quota)
        try members.optional("burst", &burst)
        try members.optional("period", &period)
        try members.optional("realtimeRuntime", &realtimeRuntime)
        try members.optional("realtimePeriod", &realtimePeriod)
        try members.text("cpus", &cpus)
        try members.text("mems", &mems)
        try members.optional("idle", &idle)
    }
}

extension RuntimeConfiguration.Resources.ProcessCount: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("limit", &limit)
    }
}

extension RuntimeConfiguration.Resources.BlockIO: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("weight", &weight)
        try members.optional("leafWeight", &leafWeight)
        try members.defaulted("weightDevice", &weightDevice)
        try members.defaulted("throttleReadBpsDevice", &throttleReadBpsDevice)
        try members.defaulted("throttleWriteBpsDevice", &throttleWriteBpsDevice)
        try members.defaulted("throttleReadIOPSDevice", &throttleReadIOPSDevice)
        try members.defaulted("throttleWriteIOPSDevice", &throttleWriteIOPSDevice)
    }
}

extension RuntimeConfiguration.Resources.DeviceWeight: JSONObject {
    public static var blank: Self { Self(major: 0, minor: 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("major", &major)
        try members.required("minor", &minor)
        try members.optional("weight", &weight)
        try members.optional("leafWeight", &leafWeight)
    }
}

extension RuntimeConfiguration.Resources.DeviceRate: JSONObject {
    public static var blank: Self { Self(major: 0, minor: 0, rate: 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("major", &major)
        try members.required("minor", &minor)
        try members.required("rate", &rate)
    }
}

extension RuntimeConfiguration.Resources.HugepageLimit: JSONObject {
    public static var blank: Self { Self(pageSize: "", limit: 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("pageSize", &pageSize)
        try members.required("limit", &limit)
    }
}

extension RuntimeConfiguration.Resources.Network: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("classID", &classID)
        try members.defaulted("priorities", &priorities)
    }
}

extension RuntimeConfiguration.Resources.InterfacePriority: JSONObject {
    public static var blank: Self { Self(name: "", priority: 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("name", &name)
        try members.required("priority", &priority)
    }
}

extension RuntimeConfiguration.Resources.RDMALimit: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("hcaHandles", &hcaHandles)
        try members.optional("hcaObjects", &hcaObjects)
    }
}
