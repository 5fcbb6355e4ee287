import Linux
import RunRecord

/// The harness against a bare loop: the lane of the least process is started, read and reaped by a loop in C (`BareStart`), others
/// through everything a sample goes through. Their ratio says whether the native lane is the least that a plain process costs.
///
/// Without an idle time every measured start follows at once an unmeasured one through the harness, for both alike: how long
/// the processor that takes the child has rested decides more than the harness does.
enum HarnessExperiment: ExperimentKind {
    static let id = "harness"
    static let title = "the harness's own cost"
    static let workloads = ["exit"]

    static func work(_ part: Experiment.Part, of kind: LaneKind) -> TimeLeft.Work {
        let idle = Double(part.idleMilliseconds) / 1e3
        return TimeLeft.Work(rest: idle, launches: idle == 0 ? 2 : 1)
    }

    static func sample(_ slot: SampleSlot, in laboratory: Laboratory) -> SampleResult {
        if slot.part.idleMilliseconds == 0 { _ = Launch.whole(slot, command: ["exit"], in: laboratory) }
        guard slot.lane.entry.role == .leastProcess else {
            return Launch.whole(slot, command: ["exit"], in: laboratory).1
        }
        if slot.part.idleMilliseconds > 0 { Pause.milliseconds(slot.part.idleMilliseconds) }
        let request = LaunchRequest(
            name: "", nonce: laboratory.nextNonce(), work: slot.part.work, command: ["exit"])
        do { return try bare(request, laboratory) } catch { return .rejected("\(error)") }
    }

    private static func bare(_ request: LaunchRequest, _ laboratory: Laboratory) throws(SystemError) -> SampleResult {
        let plan = try CommandSandbox.plan([laboratory.image.workload] + request.arguments(), laboratory)
        let start = try BareStart(
            plan.arguments, environment: plan.environment, null: laboratory.null,
            complaints: laboratory.complaints.descriptor, watch: laboratory.watch)
        guard start.succeeded, let ready = start.ready else { return .rejected("it failed, or said nothing") }
        let milliseconds = { (instant: UInt64) in Double(instant - start.launched) / 1e6 }
        return SampleResult(
            admitted: true, reason: "",
            measurements: [
                Measurement(Metric.startup, span: TimeSpan.startup.description, unit: "ms", milliseconds(ready)),
                Measurement("life", span: TimeSpan.life.description, unit: "ms", milliseconds(start.released)),
            ],
            events: [
                Event(EventName.launch, 0), Event(EventName.ready, Int64(ready - start.launched)),
                Event(EventName.released, Int64(start.released - start.launched)),
            ])
    }
}
