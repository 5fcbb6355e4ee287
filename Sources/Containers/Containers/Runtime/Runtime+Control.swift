import Glibc
import Linux
public import OCI
import SystemdUnits

extension Runtime {
    /// Stops every process of a container where it is (the freezer of its cgroup).
    public func pause(_ id: String) throws {
        let (record, status) = try live(id, for: "pause")
        guard status != .paused else { throw RuntimeError("pause", id, "it is already paused") }
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
        let status = status(of: record, directory)
        // After the end of the first one others may live on where it had no pid namespace of its own.
        guard status != .stopped || mayHaveOthers(record, directory) else { return [] }
        if !record.cgroup.isEmpty { return try cgroup(of: record).processes(recursive: true) }
        guard let process = record.process, status != .stopped else { return [] }
        return try [process.pid] + Procfs.descendants(of: process.pid).sorted()
    }

    /// Changes the limits of a container that lives.
    public func update(_ id: String, _ resources: RuntimeConfiguration.Resources) throws {
        let (record, _) = try live(id, for: "update")
        let limits: CgroupLimits
        do throws(PlanError) {
            limits = try CgroupLimits(updating: resources, ociVersion: record.ociVersion)
        } catch { throw Self.refused(id, error.field, error.reason) }
        let plan = CgroupPlan(name: "", limits: limits, layout: try CgroupLayout.detect())
        if let refusal = plan.refusals.first { throw Self.refused(id, refusal.field, refusal.reason) }
        if record.cgroup.isEmpty, limits != CgroupLimits() {
            throw RuntimeError(
                "update", id,
                "it was created by a user who may not create cgroups, so it has none and its limits cannot be changed")
        }
        for warning in CgroupLimits.unheeded(resources) { warn(warning) }
        // What says nothing changes nothing, and is no mistake: engines send what their users have left out.
        guard limits != CgroupLimits() else { return }
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

    /// By the limit's name alone: its user may have given an option or a document of his own, and no config.json.
    private static func refused(_ id: String, _ field: String, _ reason: String) -> RuntimeError {
        RuntimeError("update", id, "\(field.rest(after: "linux.resources.") ?? field[...]): \(reason)")
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
