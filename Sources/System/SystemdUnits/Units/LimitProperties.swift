public import Linux

/// Limits in systemd's words (systemd.resource-control(5)), which are cgroup v2's: it converts them by itself on v1. Pure.
///
/// What it has no words for stays with the files of the cgroup, which are written in any case.
public enum LimitProperties {
    /// From this version on CPUWeight can be 0, which stands for an idle group.
    private static let knowsIdle = 252

    public static func of(_ limits: CgroupLimits, facts: SystemdFacts) -> [UnitProperty] {
        var result: [UnitProperty] = []
        func set(_ name: String, _ amount: UInt64?) {
            if let amount { result.append(UnitProperty(name, .uint64(amount))) }
        }
        // No limit is the greatest number to both sides.
        set("MemoryMax", limits.memory)
        set("MemorySwapMax", CgroupSettings.swapAlone(limits))
        set("MemoryLow", limits.memoryReservation)
        set("CPUWeight", limits.cpuShares.map(CgroupSettings.weight(ofShares:)))
        if limits.cpuIdle == 1, facts.version >= knowsIdle {
            result.removeAll { $0.name == "CPUWeight" }
            set("CPUWeight", 0)
        }
        set("CPUQuotaPerSecUSec", limits.cpuQuota.map { perSecond($0, limits.cpuPeriod) })
        set("CPUQuotaPeriodUSec", limits.cpuPeriod)
        // As in the cgroup's file: 0 would let nobody in, and 1 means the same.
        set("TasksMax", limits.processes.map { max($0, 1) })
        if let cpus = limits.cpus.flatMap(mask) { result.append(UnitProperty("AllowedCPUs", .bytes(cpus))) }
        if let nodes = limits.memoryNodes.flatMap(mask) {
            result.append(UnitProperty("AllowedMemoryNodes", .bytes(nodes)))
        }
        if let blockIO = limits.blockIO { result += of(blockIO) }
        for setting in limits.unified {
            for property in of(setting) {
                result.removeAll { $0.name == property.name }
                result.append(property)
            }
        }
        // A user's instance may load no program that would enforce them.
        if !limits.deviceRules.isEmpty, !facts.isUser {
            result += DeviceProperties.of(limits.deviceRules, names: facts.deviceNames)
        }
        return result
    }

    private static let defaultPeriod: UInt64 = 100_000

    /// Microseconds of processor time in a second. systemd counts in hundredths of a processor: a part of one is rounded up, so that
    /// the quota that is written to the file fits below it.
    private static func perSecond(_ quota: UInt64, _ period: UInt64?) -> UInt64 {
        if quota == CgroupLimits.unlimited { return quota }
        let period = max(period ?? defaultPeriod, 1)
        let (product, overflow) = quota.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return CgroupLimits.unlimited }
        let hundredth: UInt64 = 10_000
        let time = max(product / period, 1)
        let rest = time % hundredth
        if rest == 0 { return time }
        let (rounded, tooMuch) = time.addingReportingOverflow(hundredth - rest)
        return tooMuch ? CgroupLimits.unlimited : rounded
    }

    /// More processors or nodes no kernel has.
    private static let mostBits: UInt32 = 8192

    /// A list such as `0-3,8` as a set of bits, the least first; nil for none.
    static func mask(_ list: String) -> [UInt8]? {
        var result: [UInt8] = []
        for part in list.parts(between: ",") {
            let ends = part.fields(between: "-", maxSplits: 1).map { UInt32($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last, last < mostBits else {
                return nil
            }
            for bit in first...last {
                let byte = Int(bit / 8)
                while result.count <= byte { result.append(0) }
                result[byte] |= 1 << (bit % 8)
            }
        }
        return result.isEmpty ? nil : result
    }
}

// MARK: - Block devices and files of v2

extension LimitProperties {
    private static func of(_ blockIO: CgroupLimits.BlockIO) -> [UnitProperty] {
        var result: [UnitProperty] = []
        if let weight = blockIO.weight {
            result.append(UnitProperty("IOWeight", .uint64(CgroupSettings.weight(ofBlockIO: weight))))
        }
        func add(_ name: String, _ amount: (CgroupLimits.BlockIO.Device) -> UInt64?) {
            let entries: [BusValue] = blockIO.devices.compactMap { device in
                amount(device).map {
                    .structure([.string("/dev/block/\(device.major):\(device.minor)"), .uint64($0)])
                }
            }
            if !entries.isEmpty { result.append(UnitProperty(name, .array(of: "(st)", entries))) }
        }
        /// A rate of 0 lifts a limit.
        func rate(_ number: UInt64?) -> UInt64? { number.map { $0 == 0 ? CgroupLimits.unlimited : $0 } }
        add("IODeviceWeight") { $0.weight.map(CgroupSettings.weight(ofBlockIO:)) }
        add("IOReadBandwidthMax") { rate($0.readBytes) }
        add("IOWriteBandwidthMax") { rate($0.writeBytes) }
        add("IOReadIOPSMax") { rate($0.readRequests) }
        add("IOWriteIOPSMax") { rate($0.writeRequests) }
        return result
    }

    private static let amounts = [
        "memory.min": "MemoryMin", "memory.low": "MemoryLow", "memory.high": "MemoryHigh", "memory.max": "MemoryMax",
        "memory.swap.max": "MemorySwapMax", "pids.max": "TasksMax", "cpu.weight": "CPUWeight",
    ]

    /// A file of v2 that systemd has a word for and would write over. What cannot be read the kernel will refuse.
    private static func of(_ setting: CgroupLimits.Setting) -> [UnitProperty] {
        func amount(_ text: some StringProtocol) -> UInt64? {
            text == "max" ? CgroupLimits.unlimited : UInt64(text)
        }
        if let name = amounts[setting.file] {
            return amount(setting.value).map { [UnitProperty(name, .uint64($0))] } ?? []
        }
        switch setting.file {
        case "cpu.max":
            let words = setting.value.parts(between: " ")
            guard let quota = words.first.flatMap({ amount($0) }) else { return [] }
            let period = words.count > 1 ? UInt64(words[1]) : nil
            let time = UnitProperty("CPUQuotaPerSecUSec", .uint64(perSecond(quota, period)))
            return [time] + (period.map { [UnitProperty("CPUQuotaPeriodUSec", .uint64($0))] } ?? [])
        case "cpuset.cpus": return mask(setting.value).map { [UnitProperty("AllowedCPUs", .bytes($0))] } ?? []
        case "cpuset.mems": return mask(setting.value).map { [UnitProperty("AllowedMemoryNodes", .bytes($0))] } ?? []
        default: return []
        }
    }
}
