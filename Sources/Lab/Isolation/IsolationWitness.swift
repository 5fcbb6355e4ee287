import Glibc
import Linux

/// One launch that is not measured: the workload waits inside, and the host looks at it from outside.
///
/// Taken of every lane of processes once a block, before anything of the block is measured; the block's samples of a lane that
/// does not stand it are refused. Guests are looked at in the launches that are measured (`GuestLook`).
struct IsolationWitness {
    let lane: any Lane
    let laboratory: Laboratory
    let deadlineSeconds: Int
    /// What the workload is told to do besides.
    var injection: [String] = []

    /// What the host sees of a sandbox of the lane, or why it is none.
    func look() -> Result<ObservedIsolation, Refusal> {
        laboratory.complaints.reset()
        let request = LaunchRequest(
            name: laboratory.nextName(), nonce: laboratory.nextNonce(), work: 1000, command: ["ready"],
            deadlineSeconds: deadlineSeconds, staysIdle: true, injection: injection)
        let launch: Launch
        do { launch = try Launch(request, in: lane, laboratory) } catch {
            return .failure(Refusal(reason: "did not start: \(error)"))
        }
        launch.listen()
        var seen = Result<ObservedIsolation, Refusal>.failure(Refusal(reason: "the workload never became idle"))
        if launch.transcript.isIdle { seen = Self.outside(launch, lane, laboratory) }
        launch.endIdle()
        let left = launch.release()
        if let objection = launch.objection ?? left { return .failure(Refusal(reason: objection)) }
        return seen
    }

    struct Refusal: Error, Equatable, Sendable {
        let reason: String
    }

    private static func outside(
        _ launch: Launch, _ lane: any Lane, _ laboratory: Laboratory
    ) -> Result<ObservedIsolation, Refusal> {
        guard let declared = lane.declared, let harness = laboratory.harness else {
            return .failure(Refusal(reason: "the harness could not observe itself"))
        }
        guard declared.kernel == .host else {
            return .success(ObservedIsolation(launch.transcript.lines))
        }
        guard let pid = launch.processes.first(where: { runsWorkload($0, laboratory.workloadBytes) }) else {
            return .failure(Refusal(reason: "no process of the sandbox runs the workload's file, as the host sees it"))
        }
        let observed: ObservedIsolation
        do { observed = try ObservedIsolation(process: "\(pid)") } catch {
            return .failure(Refusal(reason: "cannot be observed from outside: \(error)"))
        }
        let inside = ObservedIsolation(launch.transcript.lines)
        if let words = IsolationCheck.contradiction(inside: inside, outside: observed) {
            return .failure(Refusal(reason: words))
        }
        if declared.hasOwnCgroup, observed.cgroup == harness.cgroup {
            return .failure(Refusal(reason: "the isolation is not its lane's: it is in the harness's cgroup"))
        }
        guard let look = ConfinementLook(process: pid) else {
            return .failure(Refusal(reason: "what is mounted in it cannot be observed from outside"))
        }
        if let words = look.objection(declared) { return .failure(Refusal(reason: words)) }
        let check = IsolationCheck(declared: declared, harness: harness)
        if let words = check.objection(to: observed) { return .failure(Refusal(reason: words)) }
        return .success(observed)
    }

    /// Whether a process executes the workload's bytes, whatever file system shows them.
    private static func runsWorkload(_ pid: Int32, _ bytes: [UInt8]) -> Bool {
        guard let file = try? OwnedDescriptor(opening: "/proc/\(pid)/exe", O_RDONLY) else { return false }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_size == bytes.count else { return false }
        return (try? SystemFile.bytes(of: "/proc/\(pid)/exe")) == bytes
    }
}
