import Linux
package import OCI

/// What `isolab update` changes of a container; nil leaves it as it is.
package struct UpdateOptions: Equatable, Sendable {
    package var memory: ByteSize?
    package var memoryAndSwap: ByteSize?
    package var memoryReservation: ByteSize?
    package var processors: ProcessorTime?
    package var processorShares: UInt64?
    package var processorQuota: Int64?
    package var processorPeriod: UInt64?
    package var processorSet: String?
    package var memoryNodes: String?
    package var processCount: Int64?
    package var restart: RestartPolicy?

    package init() {}

    /// What only the parts together say wrong; `run` says it in the same words.
    func validate() throws(OptionError) {
        guard self != UpdateOptions() else {
            throw OptionError("update", "", "needs an option that says what to change, such as --memory 512m")
        }
        var options = RunOptions()
        options.memory = memory
        options.memoryAndSwap = memory == nil ? nil : memoryAndSwap
        options.memoryReservation = memoryReservation
        options.processors = processors
        options.processorQuota = processorQuota
        options.processorPeriod = processorPeriod
        options.processorSet = processorSet
        options.memoryNodes = memoryNodes
        options.processCount = processCount
        try options.validate()
    }

    /// Whether anything of it is a limit.
    var hasLimits: Bool {
        var rest = self
        rest.restart = nil
        return rest != UpdateOptions()
    }

    /// The limits alone that change.
    var resources: RuntimeConfiguration.Resources {
        var result = RuntimeConfiguration.Resources()
        apply(to: &result)
        return result
    }

    /// Puts them in the place of those that are there.
    func apply(to resources: inout RuntimeConfiguration.Resources) {
        if memory != nil || memoryAndSwap != nil || memoryReservation != nil {
            var limits = resources.memory ?? RuntimeConfiguration.Resources.Memory()
            if let memory { limits.limit = memory.bytes == 0 ? -1 : memory.bytes }
            if let memoryAndSwap { limits.swap = memoryAndSwap.bytes }
            if let memoryReservation { limits.reservation = memoryReservation.bytes }
            resources.memory = limits
        }
        if processors != nil || processorShares != nil || processorQuota != nil || processorPeriod != nil
            || processorSet != nil || memoryNodes != nil
        {
            var cpu = resources.cpu ?? RuntimeConfiguration.Resources.Processor()
            if let processors {
                cpu.quota = processors.quota ?? -1
                cpu.period = ProcessorTime.period
            }
            if let processorQuota { cpu.quota = processorQuota <= 0 ? -1 : processorQuota }
            if let processorPeriod { cpu.period = processorPeriod }
            if let processorShares { cpu.shares = processorShares }
            if let processorSet { cpu.cpus = processorSet }
            if let memoryNodes { cpu.mems = memoryNodes }
            resources.cpu = cpu
        }
        if let processCount {
            resources.pids = RuntimeConfiguration.Resources.ProcessCount(limit: processCount <= 0 ? -1 : processCount)
        }
    }

    /// Puts them in the place of those that `inspect` shows (`HostConfig`).
    func apply(to shown: inout JSONTree) {
        func number(_ name: String, _ value: (some FixedWidthInteger)?) {
            if let value { shown[name] = .number(value) }
        }
        number("Memory", memory?.bytes)
        number("MemorySwap", memoryAndSwap?.bytes)
        number("MemoryReservation", memoryReservation?.bytes)
        if let processors {
            let quota = (processors.quota ?? 0).multipliedReportingOverflow(by: 10_000)
            shown["NanoCpus"] = .number(quota.overflow ? Int64.max : quota.partialValue)
        }
        number("CpuShares", processorShares)
        number("CpuQuota", processorQuota)
        number("CpuPeriod", processorPeriod)
        number("PidsLimit", processCount)
        if let processorSet { shown["CpusetCpus"] = .text(processorSet) }
        if let memoryNodes { shown["CpusetMems"] = .text(memoryNodes) }
        if let restart {
            shown["RestartPolicy"] = .object([
                .init("Name", .text(restart.kind.rawValue)), .init("MaximumRetryCount", .number(restart.most)),
            ])
        }
    }
}
