import Glibc
import Linux
import RunRecord

/// The harness against a bare loop: the lane `bare` is started, read and reaped by the few calls below, `native` through
/// everything a sample goes through. Their difference is what measuring costs.
enum HarnessExperiment: ExperimentKind {
    static let id = "harness"
    static let title = "the harness's own cost"
    static let workloads = ["exit"]

    static func sample(_ slot: SampleSlot, in laboratory: Laboratory) -> Taken {
        guard slot.lane.entry.id == "bare" else {
            return Launch.whole(slot, command: ["exit"], in: laboratory).1
        }
        if slot.part.idleMilliseconds > 0 { Pause.milliseconds(slot.part.idleMilliseconds) }
        return bare(
            LaunchRequest(name: "", nonce: laboratory.nextNonce(), work: slot.part.work, command: ["exit"]),
            laboratory)
    }

    private static func bare(_ request: LaunchRequest, _ laboratory: Laboratory) -> Taken {
        let arguments = CStrings([laboratory.image.workload] + request.arguments())
        let environment = CStrings(["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return .rejected("pipe: \(SystemError.message(errno))") }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var pid: pid_t = 0
        var buffer = [UInt8](repeating: 0, count: 4096)
        let launch = HostClock.now()
        let failure = posix_spawn(
            &pid, laboratory.image.workload, &actions, nil, arguments.pointers, environment.pointers)
        close(ends[1])
        guard failure == 0 else { return .rejected("posix_spawn: \(SystemError.message(failure))") }
        var ready: UInt64?
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count > 0, ready == nil { ready = HostClock.now() }
            if count == 0 || (count < 0 && errno != EINTR) { break }
        }
        var status: Int32 = 0
        while wait4(pid, &status, 0, nil) == -1, errno == EINTR {}
        let released = HostClock.now()
        guard status == 0, let ready else { return .rejected("wait status \(status)") }
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
