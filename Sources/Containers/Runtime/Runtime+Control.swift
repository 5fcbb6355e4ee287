import Glibc
import Linux
public import OCI
import SystemdUnits

extension Runtime {
    /// Stops every process of a container where it is (the freezer of its cgroup).
    public func pause(_ id: String) throws {
        let (record, status) = try live(id, for: "pause")
        guard status != .paused else { throw RuntimeError("pause", id, "it is paused already") }
        try cgroup(of: record).freeze()
    }

    public func resume(_ id: String) throws {
        let (record, status) = try live(id, for: "resume")
        guard status == .paused else { throw RuntimeError("resume", id, "it is \(status.rawValue), not paused") }
        try cgroup(of: record).thaw()
    }

    /// The processes inside, as the host numbers them.
    public func processes(of id: String) throws -> [Int32] {
        let directory = try directory(of: id, for: "list the processes of")
        let record = try record(of: id, for: "list the processes of")
        guard status(of: record, directory) != .stopped else { return [] }
        if !record.cgroup.isEmpty { return try cgroup(of: record).processes(recursive: true) }
        guard let process = record.process else { return [] }
        return try [process.pid] + Procfs.descendants(of: process.pid).sorted()
    }

    /// Changes the limits of a container that lives.
    public func update(_ id: String, _ resources: RuntimeConfiguration.Resources) throws {
        let (record, _) = try live(id, for: "update")
        let limits = try CgroupLimits(updating: resources)
        let plan = CgroupPlan(name: "", limits: limits, layout: try CgroupLayout.detect())
        if let refusal = plan.refusals.first { throw PlanError(refusal.field, refusal.reason) }
        for warning in CgroupLimits.unheeded(resources) { warn(warning) }
        let cgroup = cgroup(of: record)
        if let scope = record.scope {
            // Else systemd would write the old ones again when it is reloaded.
            let limits = try cgroup.completed(limits)
            try cgroup.checkMemory(limits)
            let manager = try SystemdManager(scope.instance)
            try manager.set(LimitProperties.of(limits, facts: try manager.facts()), of: scope.unit)
        }
        try cgroup.apply(limits)
    }

    /// A container that can be acted on: created, running or paused.
    func live(_ id: String, for operation: String) throws -> (ContainerRecord, ContainerState.Status) {
        let directory = try directory(of: id, for: operation)
        let record = try record(of: id, for: operation)
        let status = status(of: record, directory)
        guard status != .stopped, status != .creating else {
            throw RuntimeError(operation, id, "container not running: it is \(status.rawValue)")
        }
        return (record, status)
    }
}
