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
    /// Whether a second one is started beside it: two that live at once share nothing that is each one's own.
    var hasNeighbour = false

    /// What the host sees of a sandbox of the lane, or why it is none.
    func look() -> Result<ObservedIsolation, Refusal> {
        laboratory.complaints.reset()
        var launches: [Launch] = []
        var seen: [ObservedIsolation] = []
        var refusal: Refusal?
        for _ in 0..<(hasNeighbour ? 2 : 1) {
            guard refusal == nil else { break }
            do {
                let launch = try Launch(request(), in: lane, laboratory)
                launches.append(launch)
                launch.listen()
                seen.append(try Self.outside(launch, lane, laboratory).get())
            } catch {
                refusal = error as? Refusal ?? Refusal(reason: "did not start: \(error)")
            }
        }
        if refusal == nil, let shared = Self.shared(seen, lane.declared) { refusal = Refusal(reason: shared) }
        for launch in launches { launch.endIdle() }
        for launch in launches {
            let left = launch.release()
            // What it said itself is the nearer reason.
            if let objection = launch.objection ?? left { refusal = Refusal(reason: objection) }
        }
        if let refusal { return .failure(refusal) }
        return seen.first.map { .success($0) } ?? .failure(Refusal(reason: "nothing was seen of it"))
    }

    private func request() -> LaunchRequest {
        LaunchRequest(
            name: laboratory.nextName(), nonce: laboratory.nextNonce(), work: 1000, command: ["ready"],
            deadlineSeconds: deadlineSeconds, staysIdle: true, injection: injection)
    }

    /// Which namespaces that should be each one's own are shared by sandboxes that live at the same time; nil where none is.
    static func shared(_ neighbours: [ObservedIsolation], _ declared: DeclaredIsolation?) -> String? {
        guard let declared, neighbours.count > 1 else { return nil }
        let names = declared.ownNamespaces.subtracting(declared.anyNamespaces).sorted().filter { name in
            let identities = neighbours.compactMap { $0.namespaces[name] }
            return Set(identities).count < identities.count
        }
        guard !names.isEmpty else { return nil }
        return
            "the isolation is not its lane's: sandboxes that live at once share their \(names.joined(separator: ", ")) "
            + (names.count == 1 ? "namespace" : "namespaces")
    }

    struct Refusal: Error, Equatable, Sendable {
        let reason: String
    }

    private static func outside(
        _ launch: Launch, _ lane: any Lane, _ laboratory: Laboratory
    ) -> Result<ObservedIsolation, Refusal> {
        guard launch.transcript.isIdle else { return .failure(Refusal(reason: "the workload never became idle")) }
        guard let declared = lane.declared, let harness = laboratory.harness else {
            return .failure(Refusal(reason: "the harness could not observe itself"))
        }
        guard declared.kernel == .host else {
            return .success(ObservedIsolation(launch.transcript.lines))
        }
        guard let pid = launch.processes.first(where: { runsWorkload($0, laboratory.workloadBytes) }) else {
            return .failure(Refusal(reason: "no process of the sandbox runs the workload's file, as the host sees it"))
        }
        // Whoever stands between the workload and the harness can say the workload's words before it does.
        if lane.handsOverChannel, !launch.isChannel(standardOutputOf: pid) {
            return .failure(
                Refusal(reason: "the workload's standard output is not the harness's channel: somebody stands between"))
        }
        var observed: ObservedIsolation
        do { observed = try ObservedIsolation(process: "\(pid)") } catch {
            return .failure(Refusal(reason: "cannot be observed from outside: \(error)"))
        }
        let inside = ObservedIsolation(launch.transcript.lines)
        observed.answers = inside.answers
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
