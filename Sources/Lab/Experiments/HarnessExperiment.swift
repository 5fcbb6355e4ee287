import Glibc
import Linux
import RunRecord

/// The harness against a bare loop: the lane `bare` is started by the same spawn of the same plan, read and reaped by the few
/// calls below, `native` through everything a sample goes through. Their difference is what measuring costs.
///
/// Without an idle time every measured start follows at once an unmeasured one through the harness, for both alike: how long
/// the processor that takes the child has rested decides more than the harness does.
enum HarnessExperiment: ExperimentKind {
    static let id = "harness"
    static let title = "the harness's own cost"
    static let workloads = ["exit"]

    static func sample(_ slot: SampleSlot, in laboratory: Laboratory) -> Taken {
        if slot.part.idleMilliseconds == 0 { _ = Launch.whole(slot, command: ["exit"], in: laboratory) }
        guard slot.lane.entry.id == "bare" else {
            return Launch.whole(slot, command: ["exit"], in: laboratory).1
        }
        if slot.part.idleMilliseconds > 0 { Pause.milliseconds(slot.part.idleMilliseconds) }
        let request = LaunchRequest(
            name: "", nonce: laboratory.nextNonce(), work: slot.part.work, command: ["exit"])
        do { return try bare(request, laboratory) } catch { return .rejected("\(error)") }
    }

    private static func bare(_ request: LaunchRequest, _ laboratory: Laboratory) throws(SystemError) -> Taken {
        let plan = try CommandSandbox.plan([laboratory.image.workload] + request.arguments(), laboratory)
        let pipe = try Pipe("a sandbox's channel")
        let streams = StandardStreams(
            input: laboratory.null, output: pipe.writeEnd, error: laboratory.complaints.descriptor)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let launch = HostClock.now()
        let process = try plan.spawn(streams)
        close(pipe.takeWriteEnd())
        var ready: UInt64?
        while true {
            let count = read(pipe.readEnd, &buffer, buffer.count)
            if count > 0, ready == nil { ready = HostClock.now() }
            if count == 0 || (count < 0 && errno != EINTR) { break }
        }
        let exit = try process.wait()
        let released = HostClock.now()
        guard exit.succeeded, let ready else { return .rejected("exit status \(exit.shellStatus)") }
        let milliseconds = { (instant: UInt64) in Double(instant - launch) / 1e6 }
        return Taken(
            admitted: true, reason: "",
            measurements: [
                Measurement(Metric.startup, span: Span.startup.description, unit: "ms", milliseconds(ready)),
                Measurement("life", span: Span.life.description, unit: "ms", milliseconds(released)),
            ],
            events: [
                Event(EventName.launch, 0), Event(EventName.ready, Int64(ready - launch)),
                Event(EventName.released, Int64(released - launch)),
            ])
    }
}
