import Glibc
import Linux
import RunRecord

/// One sample to take: a lane, where it stands in the plan, and what its part asks for.
struct SampleSlot {
    let lane: any Lane
    let part: Experiment.Part
    let twin: Bool
    let warmup: Bool
    /// What is put into its launches on purpose (`Injection`).
    var injection: [String] = []

    /// How long the launch may take, seconds.
    var deadlineSeconds: Int { part.deadlineSeconds > 0 ? part.deadlineSeconds : lane.usualDeadlineSeconds }
}

/// What a sample came to; its place in the plan is added by the bench.
struct SampleResult: Equatable, Sendable {
    var admitted: Bool
    var reason: String
    var instances = 1
    var measurements: [Measurement] = []
    var events: [Event] = []
    var phases: [Phase] = []
    /// What the workload said it was in.
    var isolation: ObservedIsolation?
    /// Figures that it gave itself, by name.
    var values: [String: Double] = [:]

    /// Processor time that was measured of it.
    var processorNanoseconds: UInt64 {
        measurements.first { $0.metric == Metric.cpu }.map { UInt64(max(0, $0.value * 1e6)) } ?? 0
    }

    /// Withdraws the sample, keeping what was measured.
    mutating func refuse(_ reason: String) {
        admitted = false
        self.reason = reason
    }

    static func rejected(_ reason: String) -> SampleResult { SampleResult(admitted: false, reason: reason) }
}

/// Launches one sandbox, hears it out, and holds it against what it was asked.
///
/// A class of one sandbox; the memory experiment keeps several alive.
final class Launch {
    let request: LaunchRequest
    private(set) var transcript = Transcript()
    private let sandbox: any Sandbox
    /// What its hello must name.
    private let command: String
    private let declared: DeclaredIsolation?
    private let laboratory: Laboratory
    private let deadline: UInt64
    private var termination: Termination?
    private var isLookedAt = false
    /// What it left, and what became of that.
    private var adopted = Orphans.Outcome()
    /// Why it is not what its lane says, as the host sees it while it runs.
    private var outsideObjection: String?

    /// Starts the sandbox.
    ///
    /// - Throws: what the lane says when it cannot start one; nothing is left behind then.
    init(_ request: LaunchRequest, in lane: any Lane, _ laboratory: Laboratory) throws {
        self.request = request
        self.laboratory = laboratory
        command = lane.command(of: request)
        declared = lane.declared
        sandbox = try lane.launch(request)
        deadline = sandbox.launched + UInt64(request.deadlineSeconds) * 1_000_000_000
    }

    /// Hears the workload out until it said its last line, became idle, or ended.
    func listen() {
        while termination == nil, transcript.done == nil, !(request.staysIdle && transcript.isIdle) {
            let now = HostClock.now()
            guard now < deadline else { return end(.deadline(seconds: request.deadlineSeconds)) }
            guard !Interruption.forced else { return end(.interrupted) }
            if sandbox.hear(&transcript, until: min(deadline, now + 200_000_000)) == .closed { return }
            if !isLookedAt, transcript.ready != nil {
                isLookedAt = true
                outsideObjection = sandbox.outsideObjection()
            }
        }
    }

    /// Waits for the end, kills what will not end, reads what was still said.
    func finish() {
        while termination == nil {
            let now = HostClock.now()
            guard now < deadline else {
                end(.deadline(seconds: request.deadlineSeconds))
                break
            }
            guard !Interruption.forced else {
                end(.interrupted)
                break
            }
            termination = sandbox.waitForEnd(until: min(deadline, now + 200_000_000))
        }
        while sandbox.hear(&transcript, until: 0) == .heard {}
        transcript.end(at: HostClock.now())
    }

    /// Ends an idle workload the way it expects.
    func endIdle() {
        guard termination == nil, transcript.isIdle else { return finish() }
        // One that died in the meantime did not stay idle: how it ended, and its last words, are the reason.
        guard sandbox.waitForEnd(until: 0) == nil else { return finish() }
        sandbox.endIdle()
        let patience = HostClock.now() + 5_000_000_000
        if sandbox.waitForEnd(until: patience) == nil {
            sandbox.kill()
            _ = sandbox.waitForEnd(until: patience + 5_000_000_000)
        }
        termination = .endedWhileIdle
    }

    private func end(_ reason: Termination) {
        sandbox.kill()
        _ = sandbox.waitForEnd(until: HostClock.now() + 10_000_000_000)
        termination = reason
    }

    /// Frees the sandbox; a failure to do so is the sample's objection.
    func release() -> String? {
        do { try sandbox.release() } catch { return "not released: \(error)" }
        guard let orphans = laboratory.orphans else { return nil }
        adopted = orphans.settle()
        return adopted.objection
    }

    /// Why the launch does not count: by what it said and how it ended, or because it was not in what its lane declares.
    var objection: String? { saidObjection ?? isolationObjection ?? outsideObjection }

    private var isolationObjection: String? {
        guard let declared else { return nil }
        guard let harness = laboratory.harness else { return "the harness could not observe its own isolation" }
        return IsolationCheck(declared: declared, harness: harness).objection(
            to: ObservedIsolation(transcript.lines))
    }

    private var saidObjection: String? {
        Admission.objection(
            to: transcript, ending: termination ?? .failed("it was never waited for"),
            expecting: Admission.Expectation(
                nonce: request.nonce, work: request.work, command: command,
                staysIdle: request.staysIdle),
            complaint: laboratory.complaints.text)
    }

    var processes: [Int32] { sandbox.processes }

    /// Whether what a process says goes straight into the harness's pipe.
    func isChannel(standardOutputOf process: Int32) -> Bool {
        var (own, its) = (stat(), stat())
        guard fstat(sandbox.channel, &own) == 0, stat("/proc/\(process)/fd/1", &its) == 0 else { return false }
        return own.st_dev == its.st_dev && own.st_ino == its.st_ino
    }

    var cgroupCharge: UInt64? { sandbox.cgroupCharge }
    var accounts: [String] { sandbox.accounts }
    var accountable: [Int32] { sandbox.accountable }
    var unaccounted: String? { sandbox.unaccounted }

    /// The sample's events, relative to the launch.
    var events: [Event] {
        var events = [Event(EventName.launch, 0)]
        if let ready = transcript.ready { events.append(Event(EventName.ready, relative(ready))) }
        for mark in transcript.marks { events.append(Event("mark \(mark.name)", relative(mark.arrival))) }
        if let done = transcript.done { events.append(Event(EventName.done, relative(done))) }
        for instant in sandbox.instants {
            // Nothing is released before the last that it left has ended.
            let at = instant.name == EventName.released ? max(instant.at, adopted.ended ?? 0) : instant.at
            events.append(Event(instant.name, relative(at)))
        }
        // A runtime reaps the workload unseen and QEMU tells nobody: the last line is the one end that every lane shows alike.
        if let end = transcript.done ?? sandbox.instants.first(where: { $0.name == "ended" })?.at {
            events.append(Event(EventName.exit, relative(end)))
        }
        return events.sorted { $0.nanoseconds < $1.nanoseconds }
    }

    var phases: [Phase] {
        BootPhases.parted(sandbox.stretches, values: transcript.values).map {
            Phase(
                $0.name, actor: $0.actor, start: relative($0.start), end: relative($0.end),
                exits: $0.exits.map { Int64(clamping: $0) })
        }.sorted { $0.start < $1.start }
    }

    /// Wall, CPU and teardown, in ms: each the nanoseconds between two events, printed as measured.
    var durations: [Measurement] {
        var rows: [Measurement] = []
        let events = self.events
        func instant(_ name: String) -> Int64? { events.first { $0.name == name }?.nanoseconds }
        func milliseconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e6 }
        if let ready = instant(EventName.ready) {
            rows.append(
                Measurement(Metric.startup, span: TimeSpan.startup.description, unit: "ms", milliseconds(ready)))
        }
        if let exit = instant(EventName.exit), let released = instant(EventName.released) {
            rows.append(
                Measurement(
                    Metric.teardown, span: TimeSpan.teardown.description, unit: "ms", milliseconds(released - exit)))
        }
        if let released = instant(EventName.released) {
            rows.append(Measurement("life", span: TimeSpan.life.description, unit: "ms", milliseconds(released)))
        }
        if let cpu = sandbox.cpuNanoseconds {
            rows.append(Measurement(Metric.cpu, unit: "ms", Double(cpu + adopted.cpuNanoseconds) / 1e6))
        }
        return rows
    }

    private func relative(_ instant: UInt64) -> Int64 {
        Int64(bitPattern: instant) &- Int64(bitPattern: sandbox.launched)
    }
}

extension Launch {
    /// A launch that is to run to its end, from start to release; `nil` taken means it ran and can be read.
    static func whole(
        _ slot: SampleSlot, command: [String], countsExits: Bool = false, in laboratory: Laboratory
    ) -> (Launch?, SampleResult) {
        laboratory.complaints.reset()
        if slot.part.idleMilliseconds > 0 { Pause.milliseconds(slot.part.idleMilliseconds) }
        let request = LaunchRequest(
            name: laboratory.nextName(), nonce: laboratory.nextNonce(), work: slot.part.work, command: command,
            deadlineSeconds: slot.deadlineSeconds, countsExits: countsExits, injection: slot.injection)
        let launch: Launch
        do {
            launch = try Launch(request, in: slot.lane, laboratory)
        } catch {
            return (nil, .rejected("did not start: \(error)"))
        }
        launch.listen()
        launch.finish()
        let left = launch.release()
        let objection = launch.objection ?? left
        let taken = SampleResult(
            admitted: objection == nil, reason: objection ?? "", measurements: launch.durations,
            events: launch.events, phases: launch.phases, isolation: ObservedIsolation(launch.transcript.lines),
            values: launch.transcript.values)
        return (launch, taken)
    }
}
