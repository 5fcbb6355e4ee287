import Glibc

/// The files of one directory of a cgroup, by name; nil for one that is not there, or that the kernel does not fill here.
typealias CgroupFiles = (String) throws(SystemError) -> String?

extension CgroupStatistics {
    // MARK: - v1

    mutating func read(v1 controller: String, _ file: CgroupFiles) throws(SystemError) {
        func amount(_ name: String) throws(SystemError) -> UInt64? { try file(name).flatMap(CgroupText.amount) }
        switch controller {
        case "cpuacct":
            cpu.usage.total = try amount("cpuacct.usage") ?? 0
            cpu.usage.user = try amount("cpuacct.usage_user") ?? 0
            cpu.usage.system = try amount("cpuacct.usage_sys") ?? 0
            cpu.usage.perProcessor = try file("cpuacct.usage_percpu").map(CgroupText.numbers)
            if let table = try file("cpuacct.usage_all").map(CgroupText.columns) {
                cpu.usage.systemPerProcessor = table["system"]
                cpu.usage.userPerProcessor = table["user"]
            }
        case "cpu":
            let values = try file("cpu.stat").map(CgroupText.keyed) ?? [:]
            cpu.throttling = Processor.Throttling(
                periods: values["nr_periods"] ?? 0, throttledPeriods: values["nr_throttled"] ?? 0,
                throttledTime: values["throttled_time"] ?? 0)
        case "cpuset":
            cpuset.processors = try file("cpuset.effective_cpus").map(CgroupText.list)
            cpuset.memoryNodes = try file("cpuset.effective_mems").map(CgroupText.list)
            cpuset.exclusiveProcessors = try amount("cpuset.cpu_exclusive")
            cpuset.exclusiveMemory = try amount("cpuset.mem_exclusive")
            cpuset.memoryHardwall = try amount("cpuset.mem_hardwall")
            cpuset.memoryMigration = try amount("cpuset.memory_migrate")
            cpuset.memorySpreadPage = try amount("cpuset.memory_spread_page")
            cpuset.memorySpreadSlab = try amount("cpuset.memory_spread_slab")
            cpuset.loadBalance = try amount("cpuset.sched_load_balance")
            cpuset.memoryPressure = try amount("cpuset.memory_pressure")
            cpuset.relaxDomainLevel = try file("cpuset.sched_relax_domain_level").flatMap {
                Int64($0.prefix { $0 != "\n" })
            }
        case "memory":
            func entry(_ name: String) throws(SystemError) -> Memory.Amount? {
                guard let usage = try amount("\(name).usage_in_bytes") else { return nil }
                return Memory.Amount(
                    limit: try amount("\(name).limit_in_bytes") ?? .max, usage: usage,
                    maximum: try amount("\(name).max_usage_in_bytes"), failures: try amount("\(name).failcnt") ?? 0)
            }
            memory.raw = try file("memory.stat").map(CgroupText.keyed) ?? [:]
            memory.cache = memory.raw["cache"]
            memory.usage = try entry("memory") ?? Memory.Amount()
            memory.swap = try entry("memory.memsw") ?? Memory.Amount()
            memory.kernel = try entry("memory.kmem")
            memory.kernelTCP = try entry("memory.kmem.tcp")
        case "pids": try readProcesses(file)
        case "blkio":
            // The scheduler counts what it served; without one that does, the throttle sees all that passes it.
            for family in ["blkio.bfq", "blkio.throttle"] where blockIO.serviceBytes.isEmpty {
                let bytes = try file("\(family).io_service_bytes_recursive").map(CgroupText.blockIO(v1:))
                let requests = try file("\(family).io_serviced_recursive").map(CgroupText.blockIO(v1:))
                (blockIO.serviceBytes, blockIO.serviced) = (bytes ?? [], requests ?? [])
            }
        default: break
        }
    }

    // MARK: - v2

    mutating func read(v2 file: CgroupFiles) throws(SystemError) {
        func amount(_ name: String) throws(SystemError) -> UInt64? { try file(name).flatMap(CgroupText.amount) }
        func values(_ name: String) throws(SystemError) -> [String: UInt64]? { try file(name).map(CgroupText.keyed) }
        func pressure(_ name: String) throws(SystemError) -> Pressure? { try file(name).flatMap(CgroupText.pressure) }
        if let stat = try values("cpu.stat"), cpu.usage.total == 0 {
            func nanoseconds(_ key: String) -> UInt64 { (stat[key] ?? 0) * 1000 }
            cpu.usage = Processor.Usage(
                total: nanoseconds("usage_usec"), system: nanoseconds("system_usec"), user: nanoseconds("user_usec"))
            if let periods = stat["nr_periods"] {
                cpu.throttling = Processor.Throttling(
                    periods: periods, throttledPeriods: stat["nr_throttled"] ?? 0,
                    throttledTime: nanoseconds("throttled_usec"))
            }
        }
        if let processors = try file("cpuset.cpus.effective") { cpuset.processors = CgroupText.list(processors) }
        if let nodes = try file("cpuset.mems.effective") { cpuset.memoryNodes = CgroupText.list(nodes) }
        if let usage = try amount("memory.current") {
            memory.raw = try values("memory.stat") ?? [:]
            memory.cache = memory.raw["file"]
            memory.usage = Memory.Amount(
                limit: try amount("memory.max") ?? .max, usage: usage, maximum: try amount("memory.peak"),
                failures: try values("memory.events")?["max"] ?? 0)
            memory.kernel = memory.raw["kernel"].map { Memory.Amount(usage: $0) }
            let swapLimit = try amount("memory.swap.max") ?? .max
            let both = memory.usage.limit.addingReportingOverflow(swapLimit)
            memory.swap = Memory.Amount(
                limit: both.overflow ? .max : both.partialValue,
                usage: usage + (try amount("memory.swap.current") ?? 0),
                failures: try values("memory.swap.events")?["max"] ?? 0)
        }
        if try file("pids.current") != nil { try readProcesses(file) }
        if let stat = try file("io.stat") { (blockIO.serviceBytes, blockIO.serviced) = CgroupText.blockIO(v2: stat) }
        cpu.pressure = try pressure("cpu.pressure")
        memory.pressure = try pressure("memory.pressure")
        blockIO.pressure = try pressure("io.pressure")
    }

    private mutating func readProcesses(_ file: CgroupFiles) throws(SystemError) {
        processes.current = try file("pids.current").flatMap(CgroupText.amount)
        let limit = try file("pids.max").flatMap(CgroupText.amount)
        processes.limit = limit == .max ? nil : limit
    }

    // MARK: - Both

    /// - Parameter names: the files of the directory, whose names tell the page sizes.
    mutating func readHugepages(
        version: Int, names: [String], _ file: CgroupFiles
    ) throws(SystemError) {
        func amount(_ name: String) throws(SystemError) -> UInt64? { try file(name).flatMap(CgroupText.amount) }
        let ending = version == 1 ? ".usage_in_bytes" : ".current"
        for name in names where name.starts("hugetlb.") && name.ends(ending) && !name.contains(".rsvd.") {
            let size = String(name.dropFirst("hugetlb.".count).dropLast(ending.count))
            let usage = try amount(name) ?? 0
            hugepages[size] =
                version == 1
                ? Hugepages(
                    usage: usage, maximum: try amount("hugetlb.\(size).max_usage_in_bytes"),
                    failures: try amount("hugetlb.\(size).failcnt") ?? 0)
                : Hugepages(
                    usage: usage, failures: try file("hugetlb.\(size).events").map(CgroupText.keyed)?["max"] ?? 0)
        }
    }
}

extension Cgroup {
    /// Everything that is counted here, read now.
    ///
    /// - Throws: where the cgroup is gone, or its files may not be read.
    public func statistics() throws(SystemError) -> CgroupStatistics {
        var result = CgroupStatistics()
        for directory in directories {
            let file: CgroupFiles = { (name: String) throws(SystemError) -> String? in
                do throws(SystemError) { return try SystemFile.read("\(directory.path)/\(name)") } catch {
                    // Not here, not of this kind of cgroup, or (pressure) switched off at boot.
                    if [ENOENT, EOPNOTSUPP, EINVAL].contains(error.errno) { return nil }
                    throw error
                }
            }
            // Of a cgroup that is gone every file is absent: that must not look like nothing used.
            if !SystemFile.exists(directory.path) { throw SystemError("open", directory.path, errno: ENOENT) }
            if directory.version == 2 {
                try result.read(v2: file)
            } else {
                for controller in directory.controllers { try result.read(v1: controller, file) }
            }
            if directory.controllers.contains("hugetlb") {
                try result.readHugepages(
                    version: directory.version, names: try SystemFile.names(in: directory.path), file)
            }
        }
        return result
    }
}
