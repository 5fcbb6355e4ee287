import Glibc

/// Which files say a controller's limits, and in which words (Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst).
package enum CgroupSettings {
    /// Having no limit needs no controller.
    private static func isLimit(_ amount: UInt64?) -> Bool { amount.map { $0 != CgroupLimits.unlimited } ?? false }

    /// The field of `linux.resources` that a controller of v1 keeps.
    static func field(of controller: String) -> String {
        switch controller {
        case "cpuset": "cpu.cpus"
        case "blkio": "blockIO"
        case "hugetlb": "hugepageLimits"
        case "net_cls": "network.classID"
        case "net_prio": "network.priorities"
        default: controller
        }
    }

    /// The controllers that limits need, by v1's names.
    static func wanted(_ limits: CgroupLimits) -> Set<String> {
        var result: Set<String> = []
        if isLimit(limits.memory) || isLimit(limits.memoryAndSwap) || isLimit(limits.memoryReservation)
            || isLimit(limits.kernelTCPMemory) || limits.swappiness != nil || limits.disablesOutOfMemoryKiller == true
        {
            result.insert("memory")
        }
        if isLimit(limits.cpuQuota) || limits.cpuShares != nil || limits.cpuBurst != nil || limits.cpuIdle != nil
            || limits.realtimeRuntime != nil || limits.realtimePeriod != nil
        {
            result.insert("cpu")
        }
        if isLimit(limits.processes) { result.insert("pids") }
        if limits.cpus != nil || limits.memoryNodes != nil { result.insert("cpuset") }
        if limits.blockIO != nil { result.insert("blkio") }
        if limits.hugepages.contains(where: { isLimit($0.limit) }) { result.insert("hugetlb") }
        if limits.networkClass != nil { result.insert("net_cls") }
        if !limits.networkPriorities.isEmpty { result.insert("net_prio") }
        if !limits.rdma.isEmpty { result.insert("rdma") }
        return result
    }

    /// v2's name of a controller.
    static func name(onV2 controller: String) -> String { controller == "blkio" ? "io" : controller }

    static func settings(_ limits: CgroupLimits, controller: String, version: Int) -> [CgroupLimits.Setting] {
        version == 1 ? classic(limits, controller) : unified(limits, controller)
    }

    /// An amount, or the version's word for none.
    static func amount(_ value: UInt64, _ none: String) -> String {
        value == CgroupLimits.unlimited ? none : String(value)
    }

    /// v1's 2…262144 on v2's 1…10000, so that least, default (1024 and 100) and greatest meet: ten to the power of a
    /// polynomial in the logarithm, as runc does since 1.3.2 and crun since 1.23. The straight line both used before gave a
    /// container with default shares the weight 39, and its neighbours without a limit 100.
    package static func weight(ofShares shares: UInt64) -> UInt64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let logarithm = log2(Double(shares))
        return UInt64(pow(10, (logarithm * logarithm + 125 * logarithm) / 612 - 7.0 / 34).rounded(.up))
    }

    /// blkio's 10…1000 on io.weight's 1…10000, as runc and crun do.
    package static func weight(ofBlockIO weight: UInt16) -> UInt64 {
        1 + (min(max(UInt64(weight), 10), 1000) - 10) * 9_999 / 990
    }

    static func rdma(_ limits: CgroupLimits) -> [CgroupLimits.Setting] {
        limits.rdma.map { device in
            var words = [device.device]
            if let handles = device.handles { words.append("hca_handle=\(handles)") }
            if let objects = device.objects { words.append("hca_object=\(objects)") }
            return CgroupLimits.Setting(file: "rdma.max", value: words.joined(separator: " "))
        }
    }
}

// MARK: - v1

extension CgroupSettings {
    private static func classic(_ limits: CgroupLimits, _ controller: String) -> [CgroupLimits.Setting] {
        var result: [CgroupLimits.Setting] = []
        func set(_ file: String, _ value: String, absence: CgroupLimits.Setting.Absence? = nil) {
            result.append(.init(file: file, value: value, absence: absence))
        }
        switch controller {
        case "memory":
            if let memory = limits.memory { set("memory.limit_in_bytes", amount(memory, "-1")) }
            if let both = limits.memoryAndSwap {
                let unlimited = both == CgroupLimits.unlimited
                set("memory.memsw.limit_in_bytes", amount(both, "-1"), absence: unlimited ? .tolerated : withoutSwap)
            }
            if let reservation = limits.memoryReservation {
                set("memory.soft_limit_in_bytes", amount(reservation, "-1"))
            }
            if let buffers = limits.kernelTCPMemory {
                set(
                    "memory.kmem.tcp.limit_in_bytes", amount(buffers, "-1"),
                    absence: buffers == CgroupLimits.unlimited
                        ? .tolerated : .refused(field: "memory.kernelTCP", reason: "this kernel has no such limit"))
            }
            if let swappiness = limits.swappiness { set("memory.swappiness", "\(swappiness)") }
            if let disabled = limits.disablesOutOfMemoryKiller { set("memory.oom_control", disabled ? "1" : "0") }
        case "cpu":
            // A group that runs only when nothing else would has no shares: it must stop being one before it gets some.
            if limits.cpuIdle == 0 { set("cpu.idle", "0", absence: withoutIdle) }
            if let period = limits.realtimePeriod { set("cpu.rt_period_us", "\(period)", absence: withoutRealtime) }
            if let runtime = limits.realtimeRuntime { set("cpu.rt_runtime_us", "\(runtime)", absence: withoutRealtime) }
            if let period = limits.cpuPeriod { set("cpu.cfs_period_us", "\(period)") }
            if let quota = limits.cpuQuota { set("cpu.cfs_quota_us", amount(quota, "-1")) }
            if let burst = limits.cpuBurst { set("cpu.cfs_burst_us", "\(burst)", absence: withoutBurst) }
            if let shares = limits.cpuShares { set("cpu.shares", "\(shares)") }
            if let idle = limits.cpuIdle, idle != 0 { set("cpu.idle", "\(idle)", absence: withoutIdle) }
        case "pids":
            if let processes = limits.processes { set("pids.max", amount(processes, "max")) }
        case "cpuset":
            if let nodes = limits.memoryNodes { set("cpuset.mems", nodes) }
            if let cpus = limits.cpus { set("cpuset.cpus", cpus) }
        case "devices":
            for rule in limits.deviceRules { set(rule.allow ? "devices.allow" : "devices.deny", rule.text) }
        case "blkio": result = classicBlockIO(limits)
        case "hugetlb":
            for pages in limits.hugepages {
                let limit = amount(pages.limit, "-1")
                set("hugetlb.\(pages.size).limit_in_bytes", limit)
                set("hugetlb.\(pages.size).rsvd.limit_in_bytes", limit, absence: .tolerated)
            }
        case "net_cls":
            if let number = limits.networkClass { set("net_cls.classid", "\(number)") }
        case "net_prio":
            for one in limits.networkPriorities { set("net_prio.ifpriomap", "\(one.interface) \(one.priority)") }
        case "rdma": result = rdma(limits)
        default: break
        }
        return result
    }

    /// A scheduler's weight files are there only while some device uses that scheduler's kind of cgroup.
    private static func classicBlockIO(_ limits: CgroupLimits) -> [CgroupLimits.Setting] {
        guard let blockIO = limits.blockIO else { return [] }
        var result: [CgroupLimits.Setting] = []
        func weigh(_ file: String, _ alternative: String, _ value: String, _ field: String) {
            result.append(
                .init(
                    file: file, value: value, otherwise: [.init(file: alternative, value: value)],
                    absence: .refused(
                        field: "blockIO.\(field)", reason: "no input/output scheduler here has weights")))
        }
        if let weight = blockIO.weight { weigh("blkio.weight", "blkio.bfq.weight", "\(weight)", "weight") }
        if let weight = blockIO.leafWeight {
            weigh("blkio.leaf_weight", "blkio.leaf_weight", "\(weight)", "leafWeight")
        }
        for device in blockIO.devices {
            let name = "\(device.major):\(device.minor)"
            if let weight = device.weight {
                weigh("blkio.weight_device", "blkio.bfq.weight_device", "\(name) \(weight)", "weightDevice")
            }
            if let weight = device.leafWeight {
                weigh("blkio.leaf_weight_device", "blkio.leaf_weight_device", "\(name) \(weight)", "weightDevice")
            }
            for (file, rate) in [
                ("read_bps_device", device.readBytes), ("write_bps_device", device.writeBytes),
                ("read_iops_device", device.readRequests), ("write_iops_device", device.writeRequests),
            ] {
                if let rate { result.append(.init(file: "blkio.throttle.\(file)", value: "\(name) \(rate)")) }
            }
        }
        return result
    }

    /// What would be limited is use beyond the memory limit, which on such a kernel nothing counts.
    private static let withoutSwap = CgroupLimits.Setting.Absence.refused(
        field: "memory.swap",
        reason: "this kernel does not count swap: omit the limit, or boot with swapaccount=1")
    private static let withoutIdle = CgroupLimits.Setting.Absence.refused(
        field: "cpu.idle", reason: "this kernel has no idle cgroups")
    private static let withoutBurst = CgroupLimits.Setting.Absence.refused(
        field: "cpu.burst", reason: "this kernel has no bursts")
    private static let withoutRealtime = CgroupLimits.Setting.Absence.refused(
        field: "cpu.realtimeRuntime", reason: "this kernel has no realtime group scheduling")
}

// MARK: - v2

extension CgroupSettings {
    private static func unified(_ limits: CgroupLimits, _ controller: String) -> [CgroupLimits.Setting] {
        var result: [CgroupLimits.Setting] = []
        func set(_ file: String, _ value: String, absence: CgroupLimits.Setting.Absence? = nil) {
            result.append(.init(file: file, value: value, absence: absence))
        }
        switch controller {
        case "memory":
            if let memory = limits.memory { set("memory.max", amount(memory, "max")) }
            if let swap = swapAlone(limits) {
                let unlimited = swap == CgroupLimits.unlimited
                set("memory.swap.max", amount(swap, "max"), absence: unlimited ? .tolerated : withoutSwap)
            }
            if let reservation = limits.memoryReservation { set("memory.low", amount(reservation, "max")) }
        case "cpu":
            if limits.cpuIdle == 0 { set("cpu.idle", "0", absence: withoutIdle) }
            // The kernel takes a quota without a period, but no period without a quota.
            if limits.cpuQuota != nil || limits.cpuPeriod != nil {
                let quota = limits.cpuQuota.map { amount($0, "max") } ?? "max"
                set("cpu.max", limits.cpuPeriod.map { "\(quota) \($0)" } ?? quota)
            }
            if let burst = limits.cpuBurst { set("cpu.max.burst", "\(burst)", absence: withoutBurst) }
            if let shares = limits.cpuShares { set("cpu.weight", "\(weight(ofShares: shares))") }
            if let idle = limits.cpuIdle, idle != 0 { set("cpu.idle", "\(idle)", absence: withoutIdle) }
        case "pids":
            // A child born inside by clone3 counts before it is there: with 0 it could not be born, and 1 means the same.
            if let processes = limits.processes { set("pids.max", amount(max(processes, 1), "max")) }
        case "cpuset":
            if let nodes = limits.memoryNodes { set("cpuset.mems", nodes) }
            if let cpus = limits.cpus { set("cpuset.cpus", cpus) }
        case "io": result = unifiedBlockIO(limits)
        case "hugetlb":
            for pages in limits.hugepages {
                let limit = amount(pages.limit, "max")
                set("hugetlb.\(pages.size).max", limit)
                set("hugetlb.\(pages.size).rsvd.max", limit, absence: .tolerated)
            }
        case "rdma": result = rdma(limits)
        default: break
        }
        return result
    }

    /// v2 limits swap alone; nil where the limits do not say how much that is.
    package static func swapAlone(_ limits: CgroupLimits) -> UInt64? {
        guard let both = limits.memoryAndSwap else { return nil }
        if both == CgroupLimits.unlimited { return both }
        guard let memory = limits.memory, both >= memory else { return nil }
        return both - memory
    }

    private static func unifiedBlockIO(_ limits: CgroupLimits) -> [CgroupLimits.Setting] {
        guard let blockIO = limits.blockIO else { return [] }
        var result: [CgroupLimits.Setting] = []
        func weigh(_ prefix: String, _ weight: UInt16, _ field: String) {
            // BFQ's weights are v1's own scale; io.weight is the kernel's io.cost.
            result.append(
                .init(
                    file: "io.bfq.weight", value: "\(prefix)\(weight)",
                    otherwise: [.init(file: "io.weight", value: "\(prefix)\(self.weight(ofBlockIO: weight))")],
                    absence: .refused(
                        field: "blockIO.\(field)", reason: "no input/output scheduler here has weights")))
        }
        if let weight = blockIO.weight { weigh("", weight, "weight") }
        for device in blockIO.devices {
            let name = "\(device.major):\(device.minor)"
            if let weight = device.weight { weigh("\(name) ", weight, "weightDevice") }
            var rates: [String] = []
            for (key, rate) in [
                ("rbps", device.readBytes), ("wbps", device.writeBytes), ("riops", device.readRequests),
                ("wiops", device.writeRequests),
            ] {
                // v1's way of lifting a limit is a rate of 0, which v2 refuses.
                if let rate { rates.append("\(key)=\(rate == 0 ? "max" : amount(rate, "max"))") }
            }
            if !rates.isEmpty {
                result.append(.init(file: "io.max", value: "\(name) \(rates.joined(separator: " "))"))
            }
        }
        return result
    }
}
