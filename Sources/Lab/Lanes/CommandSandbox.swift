import Glibc
import Linux

/// A sandbox that is one program of the host, run to its end: a plain process, or another runtime's `run` command.
final class CommandSandbox: Sandbox {
    /// What a runtime adds to a plain process.
    struct Runtime {
        /// Removes what it left once its program ended (a killed runtime leaves its container).
        var cleanUp: () -> Void = {}
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
        arguments: [String], environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], _ request: LaunchRequest,
        _ laboratory: Laboratory, runtime: Runtime? = nil
    ) throws {
        guard let program = arguments.first else { throw SystemError("execve", "nothing", errno: EINVAL) }
        self.runtime = runtime
        let plan = ProcessPlan(
            program, Array(arguments.dropFirst()),
            environment: environment + ["\(Leftovers.marker)=\(laboratory.owner.token)"], newSession: true)
        cgroup = request.accounted ? try AccountingCgroup(request.name) : nil
        child = try ChildProcess(
            plan, complaints: laboratory.complaints.descriptor, keepsInput: request.staysIdle, null: laboratory.null,
            in: cgroup?.cgroup)
        stretches.append(Stretch(name: "spawn", actor: "launcher", start: child.called, end: child.returned))
    }

    var launched: UInt64 { child.called }

    func hear(_ transcript: inout Transcript, until deadline: UInt64) -> Hearing {
        DescriptorChannel.hear(child.output, end: child.pidfd, &transcript, until: deadline)
    }

    func waitForEnd(until deadline: UInt64) -> Termination? {
        guard let termination = child.wait(until: deadline), let reaped = child.reaped else { return nil }
        if let runtime {
            runtime.cleanUp()
            // The runtime has taken everything down when it ends; what was killed is taken down by `cleanUp`.
            if instants.isEmpty { instants = [Instant(name: "released", at: reaped)] }
        } else if instants.isEmpty {
            // Reaping a plain process is all that its release takes.
            instants = [Instant(name: "exit", at: reaped), Instant(name: "released", at: HostClock.now())]
        }
        return termination
    }

    func endIdle() { child.closeInput() }
    func kill() { child.kill() }

    func release() throws {
        child.close()
        try cgroup?.remove()
    }

    var cpuNanoseconds: UInt64? { child.cpuNanoseconds }
    var processes: [Int32] { [child.pid] + ((try? Procfs.descendants(of: child.pid)) ?? []) }

    var cgroupCharge: UInt64? {
        guard let own = cgroup?.charge else { return nil }
        guard let runtime else { return own }
        return own + (runtime.charge() ?? 0)
    }
}
