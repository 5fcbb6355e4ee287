import Glibc
import Linux

/// A sandbox that is one program of the host, run to its end: a plain process, or another runtime's `run` command.
final class CommandSandbox: Sandbox {
    private let child: ChildProcess
    private let cgroup: AccountingCgroup?
    private(set) var instants: [Instant] = []
    private(set) var stretches: [Stretch] = []
    /// Called once the program ended, to remove what it left (a killed runtime leaves its container).
    private let cleanUp: () -> Void
    /// How an idle workload inside is ended where its standard input does not reach it.
    private let interrupt: (() -> Void)?

    /// - Parameter arguments: the first is the program's path.
    init(
        arguments: [String], environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], _ request: LaunchRequest,
        _ laboratory: Laboratory, interrupt: (() -> Void)? = nil, cleanUp: @escaping () -> Void = {}
    ) throws {
        guard let program = arguments.first else { throw SystemError("posix_spawn", "nothing", errno: EINVAL) }
        self.interrupt = interrupt
        self.cleanUp = cleanUp
        let marked = environment + ["\(Leftovers.marker)=\(laboratory.owner.token)"]
        cgroup = request.accounted ? try AccountingCgroup(request.name) : nil
        let start: () throws(SystemError) -> ChildProcess = { () throws(SystemError) -> ChildProcess in
            try ChildProcess(
                program: program, arguments: arguments, environment: marked,
                complaints: laboratory.complaints.descriptor, keepsInput: request.staysIdle)
        }
        child = try cgroup.map { try $0.starting(start) } ?? start()
        stretches.append(Stretch(name: "spawn", actor: "launcher", start: child.called, end: child.returned))
    }

    var launched: UInt64 { child.called }
    var channel: Int32 { child.output }
    var endDescriptor: Int32 { -1 }

    func waitForEnd(until deadline: UInt64) -> Termination? {
        guard let termination = child.wait(until: deadline), let reaped = child.reaped else { return nil }
        if !instants.contains(where: { $0.name == "exit" }) { instants.append(Instant(name: "exit", at: reaped)) }
        return termination
    }

    func endIdle() {
        child.closeInput()
        interrupt?()
    }

    func kill() { child.kill() }

    func release() throws {
        cleanUp()
        child.close()
        instants.append(Instant(name: "released", at: HostClock.now()))
        try cgroup?.remove()
    }

    var cpuNanoseconds: UInt64? { child.cpuNanoseconds }
    var processes: [Int32] { ProcessTree.descendants(of: child.pid) }
    var cgroupCharge: UInt64? { cgroup?.charge }
}
