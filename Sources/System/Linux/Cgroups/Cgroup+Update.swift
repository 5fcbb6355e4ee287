import Glibc

extension Cgroup {
    /// Changes the limits of a cgroup that is there; what is nil stays as it is.
    ///
    /// - Throws: what the kernel refused, after which the limits before it in the plan are in force; a limit that cannot be had
    ///   here at all changes nothing.
    public func apply(_ limits: CgroupLimits) throws(SystemError) {
        let limits = try completed(limits)
        let directories = directoriesByNow
        let plan = CgroupPlan(name: name, limits: limits, layout: Self.layout(of: directories))
        if let refusal = plan.refusals.first { throw SystemError("set", "\(refusal)", errno: 0) }
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

    /// On v2 with every controller that has been enabled there: one that it was not made for as well, where somebody else above or
    /// beside it needed that.
    private var directoriesByNow: [Directory] {
        directories.map { directory in
            guard directory.version == 2, let text = try? SystemFile.read(directory.path + "/cgroup.controllers") else {
                return directory
            }
            var directory = directory
            let names = text.split { $0 == " " || $0 == "\n" }.map { String($0) }
            let known = directory.controllers
            directory.controllers += names.filter { !known.contains($0) }
            return directory
        }
    }

    /// The hierarchies that a cgroup is in, as a layout to plan for.
    private static func layout(of directories: [Directory]) -> CgroupLayout {
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
