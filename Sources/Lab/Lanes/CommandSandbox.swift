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
    }

    private let child: ChildProcess
    private let cgroup: AccountingCgroup?
    private let runtime: Runtime?
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
        let plan = try Self.plan(arguments, environment: environment, laboratory)
        cgroup = request.accounted ? try AccountingCgroup(request.name) : nil
        child = try ChildProcess(
            plan, complaints: laboratory.complaints.descriptor, keepsInput: request.staysIdle, null: laboratory.null,
            in: cgroup?.cgroup)
        stretches.append(Stretch(name: "spawn", actor: "launcher", start: child.called, end: child.returned))
    }

    static let standardEnvironment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]

    /// The process a sandbox is, before it is started.
    static func plan(
        _ arguments: [String], environment: [String] = standardEnvironment, _ laboratory: Laboratory
    ) throws(SystemError) -> ProcessPlan {
        guard let program = arguments.first else { throw SystemError("execve", "nothing", errno: EINVAL) }
        return ProcessPlan(
            program, Array(arguments.dropFirst()),
            environment: environment + ["\(Leftovers.marker)=\(laboratory.owner.token)"], newSession: true)
    }

    var launched: UInt64 { child.called }

    func hear(_ transcript: inout Transcript, until deadline: UInt64) -> Hearing {
        DescriptorChannel.hear(child.output, end: child.pidfd, &transcript, until: deadline)
    }

    func waitForEnd(until deadline: UInt64) -> Termination? {
        guard let termination = child.wait(until: deadline) else { return nil }
        if instants.isEmpty, let reaped = child.reaped { instants.append(Instant(name: "ended", at: reaped)) }
        return termination
    }

    func endIdle() { child.closeInput() }
    func kill() { child.kill() }

    func release() throws {
        child.close()
        let left = runtime?.cleanUp() ?? false
        try cgroup?.remove()
        // A runtime has taken everything down when its command ends: the bundle that is removed now is the harness's own.
        let gone = runtime != nil && !left ? child.reaped : nil
        instants.append(Instant(name: EventName.released, at: gone ?? HostClock.now()))
    }

    var cpuNanoseconds: UInt64? { child.cpuNanoseconds }
    var processes: [Int32] { [child.pid] + ((try? Procfs.descendants(of: child.pid)) ?? []) }

    var cgroupCharge: UInt64? {
        guard let own = cgroup?.charge else { return nil }
        guard let runtime else { return own }
        return own + (runtime.charge() ?? 0)
    }
}
