import Linux
import RunRecord
import WorkloadProtocol

/// Memory of N idle instances alive together: what the host lost, and where it is.
enum MemoryExperiment: ExperimentKind {
    static let id = "memory"
    static let title = "memory of idle instances"
    static let workloads = ["ready", "memory"]

    static func work(_ part: Experiment.Part, of kind: LaneKind) -> TimeLeft.Work {
        let instances = part.instances(of: kind)
        let stops = MemoryLedger.stops(instances).count
        return TimeLeft.Work(
            rest: Double(stops * part.settleMilliseconds) / 1e3, launches: Double(instances))
    }

    static func sample(_ slot: SampleSlot, in laboratory: Laboratory) -> SampleResult {
        laboratory.complaints.reset()
        let part = slot.part
        let count = part.instances(of: slot.lane.entry.kind)
        let stops = MemoryLedger.stops(count)
        let command = part.workload == "memory" ? ["memory", "\(part.mebibytes)"] : ["ready"]
        var launches: [Launch] = []
        var objection: String?
        var ledger = MemoryLedger(readings: [])
        func read() {
            guard stops.contains(launches.count) else { return }
            Pause.milliseconds(part.settleMilliseconds)
            guard let available = HostMemory.available() else { return }
            ledger.readings.append(
                .init(instances: launches.count, available: Double(available), kernel: HostMemory.kernel()))
        }
        read()
        while launches.count < count, objection == nil, !Interruption.forced {
            let request = LaunchRequest(
                name: laboratory.nextName(), nonce: laboratory.nextNonce(), work: part.work, command: command,
                deadlineSeconds: slot.deadlineSeconds, staysIdle: true, accounted: true,
                injection: slot.injection)
            do {
                let launch = try Launch(request, in: slot.lane, laboratory)
                launches.append(launch)
                launch.listen()
                if !launch.transcript.isIdle {
                    launch.finish()
                    objection = launch.objection ?? "the workload never became idle"
                }
            } catch {
                objection = "did not start: \(error)"
            }
            if objection == nil { read() }
        }
        if objection == nil {
            let said = launches.map { ObservedIsolation($0.transcript.lines) }
            objection = IsolationWitness.shared(said, slot.lane.declared)
        }
        if objection == nil {
            let orphans = laboratory.orphans?.alive ?? []
            add(launches, orphans, to: &ledger)
            objection =
                launches.lazy.compactMap(\.unaccounted).first
                ?? MemoryAccount.objection(
                    Array(Set(launches.flatMap(\.accountable) + orphans)).sorted(),
                    accounts: launches.flatMap(\.accounts))
        }
        for launch in launches { launch.endIdle() }
        for launch in launches {
            let left = launch.release()
            objection = objection ?? launch.objection ?? left
        }
        if Interruption.forced { objection = objection ?? "interrupted" }
        var taken = SampleResult(admitted: objection == nil, reason: objection ?? "", instances: max(1, launches.count))
        taken.measurements = ledger.measurements
        taken.events = launches.first?.events ?? []
        let injected = launches.compactMap { $0.transcript.values[Injection.memoryTruth] }
        if !injected.isEmpty, injected.count == launches.count {
            taken.values[Injection.memoryTruth] = injected.reduce(0, +) / Double(injected.count)
        }
        return taken
    }

    /// The processes', the cgroups' and the guests' own share of the ledger.
    ///
    /// - Parameter orphans: processes that cut their ties to the sandboxes, and are theirs all the same.
    private static func add(_ launches: [Launch], _ orphans: [Int32], to ledger: inout MemoryLedger) {
        var pss: UInt64 = 0
        var uss: UInt64 = 0
        for pid in Set(launches.flatMap(\.processes) + orphans) {
            guard let memory = try? Procfs.memory(of: pid) else { continue }
            pss += memory.proportional
            uss += memory.unique
        }
        if pss > 0 { (ledger.pss, ledger.uss) = (Double(pss), Double(uss)) }
        let charges = launches.compactMap(\.cgroupCharge)
        if charges.count == launches.count { ledger.charge = charges.reduce(0) { $0 + Double($1) } }
        for line in launches.flatMap(\.transcript.lines) {
            guard case .value(let metric, _, let value) = line.message else { continue }
            if metric == Metric.guestTotal { ledger.guestTotal.append(value) }
            if metric == Metric.guestAvailable { ledger.guestAvailable.append(value) }
        }
    }
}
