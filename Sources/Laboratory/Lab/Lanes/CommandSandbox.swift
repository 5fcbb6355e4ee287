import Glibc
import Linux
import RunRecord

/// A sandbox that is one program of the host, run to its end: a plain process, or another runtime's `run` command.
final class CommandSandbox: Sandbox {
    /// What a runtime adds to a plain process.
    struct Runtime {
        /// Removes what it left once its program ended.
        ///
        /// - Returns: whether something of the runtime's own was left (a killed runtime leaves its container).
        var cleanUp: () -> Bool = { false }
        /// The charge of cgroups of its own making, bytes.
        var charge: () -> UInt64? = { nil }
        /// Their directories in the hierarchy of memory.
        var accounts: () -> [String] = { [] }
    }

    private let child: ChildProcess
    private let cgroup: AccountingCgroup?
    private let runtime: Runtime?
    private let watch: ArrivalWatch?
    private var hasListened = false
    private(set) var instants: [Instant] = []
    private(set) var stretches: [Stretch] = []

    /// - Parameters:
    ///   - arguments: the first is the program's path.
    ///   - runtime: the program is a runtime around the workload; nil where it is the workload itself.
    init(
        arguments: [String], environment: [String] = standardEnvironment, _ request: LaunchRequest,
        _ laboratory: Laboratory, runtime: Runtime? = nil
    ) throws {
        self.runtime = runtime
        watch = laboratory.watch
        let plan = try Self.plan(arguments, environment: environment, laboratory)
        cgroup = request.accounted ? try AccountingCgroup(request.name) : nil
        child = try ChildProcess(
            plan, complaints: laboratory.complaints.descriptor, keepsInput: request.staysIdle, null: laboratory.null,
            in: cgroup?.cgroup, watch: watch)
        stretches.append(Stretch(name: "spawn", actor: "launcher", start: child.called, end: child.returned))
    }

    static let standardEnvironment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]

    /// The process a sandbox is, before it is started: Ctrl-C reaches the harness alone, so that the current sample can end.
    static func plan(
        _ arguments: [String], environment: [String] = standardEnvironment, _ laboratory: Laboratory
    ) throws(SystemError) -> ProcessPlan {
        guard let program = arguments.first else { throw SystemError("execve", "nothing", errno: EINVAL) }
        return ProcessPlan(
            program, Array(arguments.dropFirst()),
            environment: environment + ["\(RunLeftovers.marker)=\(laboratory.owner.token)"], group: .own)
    }

    var launched: UInt64 { child.called }

    func hear(_ transcript: inout Transcript, until deadline: UInt64) -> Hearing {
        // Before its first words it is only listened to: whoever else holds the channel can keep the harness for one turn at most.
        let end = hasListened ? child.pidfd : -1
        hasListened = true
        return DescriptorChannel.hear(child.output, end: end, &transcript, until: deadline, watch: watch)
    }

    func waitForEnd(until deadline: UInt64) -> Termination? {
        guard let termination = child.wait(until: deadline) else { return nil }
        if instants.isEmpty, let reaped = child.reaped { instants.append(Instant(name: "ended", at: reaped)) }
        return termination
    }

    func endIdle() { child.closeInput() }
    func kill() { child.kill() }

    func release() throws {
        watch?.disarm()
        child.close()
        let left = runtime?.cleanUp() ?? false
        try cgroup?.remove()
        // A runtime has taken everything down when its command ends: the bundle that is removed now is the harness's own.
        let gone = runtime != nil && !left ? child.reaped : nil
        instants.append(Instant(name: EventName.released, at: gone ?? HostClock.now()))
    }

    var channel: Int32 { child.output }
    var cpuNanoseconds: UInt64? { child.cpuNanoseconds }
    var processes: [Int32] { [child.pid] + ((try? Procfs.descendants(of: child.pid)) ?? []) }

    var accounts: [String] {
        guard let own = cgroup.flatMap({ MemoryAccount.directory(of: $0.cgroup) }) else { return [] }
        return [own] + (runtime?.accounts() ?? [])
    }

    var cgroupCharge: UInt64? {
        guard let own = cgroup?.charge else { return nil }
        guard let runtime else { return own }
        return own + (runtime.charge() ?? 0)
    }
}
