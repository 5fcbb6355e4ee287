import Glibc

extension Cgroup {
    /// Changes the limits of a cgroup that is there; what is nil stays as it is.
    ///
    /// - Throws: what the kernel refused, after which the limits before it in the plan are in force; a limit that cannot be had
    ///   here at all changes nothing.
    public func apply(_ limits: CgroupLimits) throws(SystemError) {
        let limits = try completed(limits)
        let plan = CgroupPlan(name: name, limits: limits, layout: layout)
        if let refusal = plan.refusals.first {
            throw SystemError("cgroup", refusal.field, errno: 0, advice: refusal.reason)
        }
        try checkMemory(limits)
        for directory in directories {
            var settings = directory.controllers.flatMap {
                CgroupSettings.settings(limits, controller: $0, version: directory.version)
            }
            if directory.version == 2 { settings += limits.unified }
            try Self.settle(settings, in: directory.path)
        }
        if !limits.deviceRules.isEmpty, directory(of: "devices") == nil, let unified {
            let none = limits.deviceRules == [.init(allow: true)]
            try DeviceFilter.apply(none ? [] : limits.deviceRules, to: unified.path)
        }
    }

    /// The hierarchies this cgroup is in, as a layout to plan for.
    private var layout: CgroupLayout {
        CgroupLayout(
            hierarchies: directories.map {
                CgroupHierarchy(
                    version: $0.version, controllers: $0.controllers, mountPoint: $0.path, ownPath: "/")
            })
    }

    /// v2 would kill what no longer fits; v1 refuses by itself.
    package func checkMemory(_ limits: CgroupLimits) throws(SystemError) {
        guard limits.checksMemoryBeforeUpdate else { return }
        guard let memory = limits.memory, memory != CgroupLimits.unlimited, let used = try memoryCurrent() else {
            return
        }
        guard used > memory else { return }
        throw SystemError(
            "update", "cgroup \(name), memory limit \(memory)", errno: EBUSY, advice: "\(used) bytes are in use already"
        )
    }

    /// v2's `cpu.max` holds quota and period: where only the period changes, the quota is read back. Its swap limit is counted
    /// from the memory limit: where that stays, it is read as well.
    package func completed(_ limits: CgroupLimits) throws(SystemError) -> CgroupLimits {
        var limits = limits
        if limits.cpuQuota == nil, limits.cpuPeriod != nil, let cpu = directory(of: "cpu"), cpu.version == 2 {
            limits.cpuQuota = try SystemFile.readNumber(cpu.path + "/cpu.max")
        }
        if limits.memory == nil, limits.memoryAndSwap != nil, let memory = directory(of: "memory"), memory.version == 2
        {
            limits.memory = try SystemFile.readNumber(memory.path + "/memory.max")
        }
        return limits
    }

    /// Writes settings that depend on each other (v1's memory limit may not pass that of memory and swap; a quota no burst):
    /// what the kernel refuses as invalid is tried again after the others, as long as one more is taken each time.
    static func settle(_ settings: [CgroupLimits.Setting], in path: String) throws(SystemError) {
        var writer = CgroupWriter(directory: path)
        var pending = settings
        while !pending.isEmpty {
            var refused: [CgroupLimits.Setting] = []
            var reason: SystemError?
            for setting in pending {
                do throws(SystemError) { try writer.write(setting) } catch {
                    guard error.errno == EINVAL else { throw error.advised }
                    refused.append(setting)
                    reason = error
                }
            }
            if let reason, refused.count == pending.count { throw reason.advised }
            pending = refused
        }
    }
}

extension SystemError {
    /// With what a refused limit is usually about.
    fileprivate var advised: SystemError {
        var words: String?
        if errno == EBUSY, object.contains("memory") { words = "more memory is in use than the new limit allows" }
        if errno == EINVAL, object.contains("memory.limit_in_bytes") {
            words = "it is above the limit of memory and swap: raise that as well"
        }
        guard let words else { return self }
        return SystemError(operation, object, errno: errno, stage: stage, advice: words)
    }
}
