public import Linux
public import OCI

extension CgroupLimits {
    /// The limits of a configuration's `linux.resources` (config-linux.md, "Control groups").
    ///
    /// - Throws: `PlanError` for a value no cgroup can have.
    public init(_ resources: RuntimeConfiguration.Resources?) throws(PlanError) {
        func amount(_ value: Int64?) -> UInt64? {
            value.flatMap { $0 == 0 ? nil : $0 < 0 ? Self.unlimited : UInt64($0) }
        }
        self.init(
            memory: amount(resources?.memory?.limit), memoryAndSwap: amount(resources?.memory?.swap),
            cpuQuota: amount(resources?.cpu?.quota), cpuPeriod: resources?.cpu?.period,
            cpuShares: resources?.cpu?.shares, processes: amount(resources?.pids?.limit),
            cpus: resources?.cpu?.cpus, memoryNodes: resources?.cpu?.mems)
        deviceRules = try DeviceRules.rules(resources?.devices ?? [])
        unified = (resources?.unified ?? [:]).sorted { $0.key < $1.key }.map {
            Setting(file: $0.key, value: $0.value)
        }
    }
}

extension LaunchPlan {
    /// The limits of the container's cgroup, and a warning for each this host has no controller for.
    mutating func cgroupLimits(_ resources: RuntimeConfiguration.Resources?) throws(PlanError) -> CgroupLimits {
        let limits = try CgroupLimits(resources)
        let plan = CgroupPlan(name: "", limits: limits, layout: host.cgroups)
        if let refusal = plan.refusals.first { throw PlanError(refusal.field, refusal.reason) }
        warnings += plan.warnings
        return limits
    }
}
