import Linux
import OCI
import SystemdUnits

/// A container's cgroup as a scope that systemd is to make: the unit, and what will be written to its files.
struct ScopePlan: Equatable, Sendable {
    let unit: ScopeUnit
    let cgroup: CgroupPlan
    /// Limits that would leave no room for who keeps the scope until the container's first process is there.
    let lateLimits: CgroupLimits?
    let facts: SystemdFacts
    /// Without the run of the unit, which has none yet.
    let record: ScopeRecord

    /// The fewest processes with which a container can be made in a scope: the one that keeps it, and the container's.
    private static let fewestProcesses: UInt64 = 2

    /// Asks the instance what there is to be known of it.
    init(
        _ configuration: RuntimeConfiguration, id: String, _ host: HostFacts, _ instance: SystemdInstance
    ) throws {
        // A path of another form is refused, whether systemd answers or not.
        do throws(SystemdPlace.Invalid) {
            _ = try SystemdPlace(configuration.linux?.cgroupsPath ?? "", id: id, isUser: false)
        } catch { throw PlanError("linux.cgroupsPath", "\(error)") }
        let manager = try SystemdManager(instance)
        try self.init(configuration, id: id, host, try manager.facts(), at: manager.address)
    }

    init(
        _ configuration: RuntimeConfiguration, id: String, _ host: HostFacts, _ facts: SystemdFacts,
        at address: BusAddress
    ) throws(PlanError) {
        let place: SystemdPlace
        let cgroupPlace: CgroupPlace
        do throws(SystemdPlace.Invalid) {
            place = try SystemdPlace(configuration.linux?.cgroupsPath ?? "", id: id, isUser: facts.isUser)
        } catch { throw PlanError("linux.cgroupsPath", "\(error)") }
        do throws(CgroupPlace.Invalid) { cgroupPlace = try CgroupPlace(facts.controlGroup + place.path) } catch {
            throw PlanError("linux.cgroupsPath", "\(error)")
        }
        var limits = try CgroupLimits(configuration.linux?.resources, ociVersion: configuration.ociVersion)
        if let processes = limits.processes, processes < Self.fewestProcesses {
            limits.processes = nil
            lateLimits = CgroupLimits(processes: processes)
        } else {
            lateLimits = nil
        }
        let additional: [UnitProperty]
        do throws(AnnotatedProperties.Invalid) {
            additional = try AnnotatedProperties.of(configuration.annotations)
        } catch { throw PlanError("annotations", "\(error)") }
        unit = ScopeUnit(
            place, description: "isolab container \(id)", limits: limits, additional: additional, facts: facts)
        var plan = CgroupPlan(place: cgroupPlace, limits: limits, layout: host.cgroups)
        plan.isManaged = true
        if let refusal = plan.refusals.first { throw PlanError(refusal.field, refusal.reason) }
        cgroup = plan
        self.facts = facts
        record = ScopeRecord(
            unit: place.scope, socket: address.path, isBus: address.isBus, isUser: facts.isUser)
    }

    /// Tells systemd of limits that came late.
    func finish() throws(BusError) {
        guard let lateLimits else { return }
        let manager = try SystemdManager(record.instance)
        try manager.set(LimitProperties.of(lateLimits, facts: facts), of: unit.name)
    }
}
