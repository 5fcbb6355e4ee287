public import Linux
public import OCI

// config.json's `linux.resources` as limits (runtime-spec 1.3, config-linux.md, "Control groups").
//
// A zero says nothing where the kernel could not take it (memory, shares, quota, period, weights): engines write it for
// "unset". For pids it is a number like any other since 1.3, and no limit in older documents. −1 is no limit.

extension CgroupLimits {
    /// The limits of a new container.
    ///
    /// Devices are always limited: the list says what may be used besides the default devices, and what it does not say is
    /// denied, as with runc. A list of `{"allow": true}` alone allows everything.
    ///
    /// - Throws: `PlanError` for a value no cgroup can have.
    public init(
        _ resources: RuntimeConfiguration.Resources?, ociVersion: String = RuntimeConfiguration.specificationVersion
    ) throws(PlanError) {
        let resources = resources ?? RuntimeConfiguration.Resources()
        try self.init(updating: resources, ociVersion: ociVersion)
        deviceRules = try DeviceRules.rules(resources.devices)
    }

    /// The limits of an `update`: what is not named stays. Device rules as well, unless there are some.
    ///
    /// - Parameter ociVersion: by which the numbers are meant, the container's document's.
    /// - Throws: `PlanError` for a value no cgroup can have.
    public init(
        updating resources: RuntimeConfiguration.Resources,
        ociVersion: String = RuntimeConfiguration.specificationVersion
    ) throws(PlanError) {
        self.init()
        if let memory = resources.memory { try set(memory) }
        if let cpu = resources.cpu { try set(cpu) }
        if let limit: Int64 = resources.pids?.limit {
            let isNone = limit < 0 || limit == 0 && Self.takesZeroForUnlimited(ociVersion)
            processes = isNone ? Self.unlimited : UInt64(limit)
        }
        if let blockIO = resources.blockIO { try set(blockIO) }
        hugepages = try resources.hugepageLimits.map(Self.hugepages)
        if let network = resources.network { try set(network) }
        rdma = try resources.rdma.sorted { $0.key < $1.key }.map(Self.rdma)
        if !resources.devices.isEmpty { deviceRules = try DeviceRules.rules(resources.devices) }
        // A file takes one line at a time, and some settings are several (`io.max`).
        unified = resources.unified.sorted { $0.key < $1.key }.flatMap { file, value in
            value.parts(between: "\n").map { Setting(file: file, value: String($0)) }
        }
    }

    /// Before 1.3 `pids.limit` had to be there, and engines wrote 0 for no limit; since then it may be absent, and 0 is a limit.
    private static func takesZeroForUnlimited(_ ociVersion: String) -> Bool {
        let parts = ociVersion.fields(between: ".", maxSplits: 2)
        guard parts.count > 1, let major = Int(parts[0]), let minor = Int(parts[1]) else { return false }
        return (major, minor) < (1, 3)
    }

    /// What a configuration says that no kernel of today heeds, each a line.
    public static func unheeded(_ resources: RuntimeConfiguration.Resources) -> [String] {
        var result: [String] = []
        if let kernel = resources.memory?.kernel, kernel > 0 {
            result.append("linux.resources.memory.kernel: kernels no longer have this limit; ignored")
        }
        if resources.memory?.useHierarchy == false {
            result.append("linux.resources.memory.useHierarchy: memory is always counted with that of cgroups below")
        }
        return result
    }

    private static func field(_ name: String, _ reason: String) -> PlanError {
        PlanError("linux.resources.\(name)", reason)
    }

    /// Nil for 0.
    private static func amount(_ value: Int64?, _ name: String) throws(PlanError) -> UInt64? {
        guard let value, value != 0 else { return nil }
        guard value >= -1 else { throw field(name, "\(value) is neither an amount nor -1 (no limit)") }
        return value < 0 ? unlimited : UInt64(value)
    }

    private static func positive<Number: BinaryInteger>(_ value: Number?) -> Number? { value == 0 ? nil : value }
}

// MARK: - Memory and processor

extension CgroupLimits {
    private mutating func set(_ asked: RuntimeConfiguration.Resources.Memory) throws(PlanError) {
        memory = try Self.amount(asked.limit, "memory.limit")
        memoryAndSwap = try Self.amount(asked.swap, "memory.swap")
        memoryReservation = try Self.amount(asked.reservation, "memory.reservation")
        kernelTCPMemory = try Self.amount(asked.kernelTCP, "memory.kernelTCP")
        // No limit of memory means none of memory and swap, which could not be smaller.
        if memory == Self.unlimited, memoryAndSwap == nil { memoryAndSwap = Self.unlimited }
        if let memory, let memoryAndSwap, memoryAndSwap < memory {
            throw Self.field("memory.swap", "is memory and swap together: it cannot be less than memory.limit")
        }
        if let value = asked.swappiness {
            guard value <= 100 else { throw Self.field("memory.swappiness", "\(value) is not in 0…100") }
            swappiness = value
        }
        disablesOutOfMemoryKiller = asked.disableOOMKiller
        checksMemoryBeforeUpdate = asked.checkBeforeUpdate ?? false
    }

    private mutating func set(_ asked: RuntimeConfiguration.Resources.Processor) throws(PlanError) {
        cpuShares = Self.positive(asked.shares)
        cpuQuota = try Self.amount(asked.quota, "cpu.quota")
        cpuPeriod = Self.positive(asked.period)
        cpuBurst = asked.burst
        if let burst = cpuBurst, let quota = cpuQuota, burst > quota {
            throw Self.field("cpu.burst", "\(burst) is more than cpu.quota, \(quota)")
        }
        realtimeRuntime = Self.positive(asked.realtimeRuntime)
        realtimePeriod = Self.positive(asked.realtimePeriod)
        if let idle = asked.idle {
            guard idle == 0 || idle == 1 else { throw Self.field("cpu.idle", "\(idle) is neither 0 nor 1") }
            cpuIdle = idle
        }
        cpus = try Self.list(asked.cpus, "cpu.cpus")
        memoryNodes = try Self.list(asked.mems, "cpu.mems")
    }

    /// A list as cpuset(7) writes it; nil for an empty one.
    private static func list(_ text: String?, _ name: String) throws(PlanError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard text.utf8.allSatisfy({ digits.contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ",") }) else {
            throw field(name, "'\(text)' is not a list such as 0-3,6")
        }
        return text
    }
}

// MARK: - Devices, pages and networks

extension CgroupLimits {
    private mutating func set(_ asked: RuntimeConfiguration.Resources.BlockIO) throws(PlanError) {
        var result = BlockIO()
        result.weight = try Self.weight(asked.weight, "blockIO.weight")
        result.leafWeight = try Self.weight(asked.leafWeight, "blockIO.leafWeight")
        /// The device's place among those named so far.
        func device(_ major: Int64, _ minor: Int64, _ name: String) throws(PlanError) -> Int {
            guard let high = UInt32(exactly: major), let low = UInt32(exactly: minor) else {
                throw Self.field("blockIO.\(name)", "\(major):\(minor) is not a device")
            }
            if let known = result.devices.firstIndex(where: { $0.major == high && $0.minor == low }) { return known }
            result.devices.append(.init(major: high, minor: low))
            return result.devices.count - 1
        }
        for one in asked.weightDevice {
            let index = try device(one.major, one.minor, "weightDevice")
            guard one.weight != nil || one.leafWeight != nil else {
                throw Self.field("blockIO.weightDevice", "\(one.major):\(one.minor) has neither weight nor leafWeight")
            }
            result.devices[index].weight = try Self.weight(one.weight, "blockIO.weightDevice")
            result.devices[index].leafWeight = try Self.weight(one.leafWeight, "blockIO.weightDevice")
        }
        for one in asked.throttleReadBpsDevice {
            result.devices[try device(one.major, one.minor, "throttleReadBpsDevice")].readBytes = one.rate
        }
        for one in asked.throttleWriteBpsDevice {
            result.devices[try device(one.major, one.minor, "throttleWriteBpsDevice")].writeBytes = one.rate
        }
        for one in asked.throttleReadIOPSDevice {
            result.devices[try device(one.major, one.minor, "throttleReadIOPSDevice")].readRequests = one.rate
        }
        for one in asked.throttleWriteIOPSDevice {
            result.devices[try device(one.major, one.minor, "throttleWriteIOPSDevice")].writeRequests = one.rate
        }
        if result != BlockIO() { blockIO = result }
    }

    private static func weight(_ value: UInt16?, _ name: String) throws(PlanError) -> UInt16? {
        guard let value, value != 0 else { return nil }
        guard (10...1000).contains(value) else { throw field(name, "\(value) is not in 10…1000") }
        return value
    }

    private static func hugepages(
        _ asked: RuntimeConfiguration.Resources.HugepageLimit
    ) throws(PlanError) -> Hugepages {
        let unit = asked.pageSize.suffix(2)
        let number = asked.pageSize.dropLast(2)
        guard ["KB", "MB", "GB"].contains(unit), !number.isEmpty, number.allSatisfy({ ("0"..."9").contains($0) }) else {
            throw field("hugepageLimits", "'\(asked.pageSize)' is not a page size such as 2MB")
        }
        return Hugepages(size: asked.pageSize, limit: asked.limit)
    }

    private mutating func set(_ asked: RuntimeConfiguration.Resources.Network) throws(PlanError) {
        networkClass = asked.classID
        networkPriorities = try asked.priorities.map { (one) throws(PlanError) in
            guard Self.isWord(one.name) else {
                throw Self.field("network.priorities", "'\(one.name)' is not a network interface")
            }
            return NetworkPriority(interface: one.name, priority: one.priority)
        }
    }

    private static func rdma(
        _ device: String, _ asked: RuntimeConfiguration.Resources.RDMALimit
    ) throws(PlanError) -> RDMA {
        guard isWord(device) else { throw field("rdma", "'\(device)' is not a device") }
        guard asked.hcaHandles != nil || asked.hcaObjects != nil else {
            throw field("rdma.\(device)", "has neither hcaHandles nor hcaObjects")
        }
        return RDMA(device: device, handles: asked.hcaHandles, objects: asked.hcaObjects)
    }

    /// A name that stays one word in the kernel's files.
    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > UInt8(ascii: " ") && $0 != 0x7f }
    }
}

// MARK: - In a plan

extension LaunchPlan {
    /// The limits of the container's cgroup. One that this host has no controller for is refused: whoever asked for it would rely
    /// on it.
    mutating func cgroupLimits(
        _ resources: RuntimeConfiguration.Resources?, ociVersion: String
    ) throws(PlanError) -> CgroupLimits {
        let limits = try CgroupLimits(resources, ociVersion: ociVersion)
        let plan = CgroupPlan(name: "", limits: limits, layout: host.cgroups)
        if let refusal = plan.refusals.first { throw PlanError(refusal.field, refusal.reason) }
        warnings += CgroupLimits.unheeded(resources ?? RuntimeConfiguration.Resources())
        return limits
    }
}
