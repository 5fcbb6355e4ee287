import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// A joining process as `exec` must not make it: its launcher's child, in sight of the container from the beginning, before its
/// filter is loaded, with a pipe for its report that is believed. The negative control of attacks on `exec`.
enum NaiveJoin {
    /// - Parameters:
    ///   - container: whose pid namespace it is born in.
    ///   - steps: what it does before it executes its program.
    ///   - meanwhile: the attack, while it stands at its first step, by its numbers outside and inside.
    /// - Returns: it, running its program.
    static func run(
        _ container: Container, _ steps: [ChildStep] = [], program: [String] = ["/bin/sleep", "1000"],
        meanwhile: @escaping (_ pid: Int32, _ inside: Int32) throws -> Void
    ) throws -> RunningProcess {
        let first = try #require(try container.state().pid)
        let namespace = try OwnedDescriptor(opening: "/proc/\(first)/ns/pid", O_RDONLY)
        var inputs = ChildProgram.Inputs()
        inputs.joins = [(namespace.number, .pid, "the container")]
        let gate = ChildStep.awaitLauncher(.runtimeHooks)
        let execute = ChildStep.execute(candidates: [program[0]], arguments: program, environment: [])
        let child = ChildProgram([gate] + steps + [execute], inputs: inputs)
        var failure: (any Error)?
        let started = try child.start(
            namespaces: [], cgroup: -1,
            atStage: { (_: LauncherStage, pid: Int32) throws(SystemError) in
                do { try meanwhile(pid, HeldJoin.numbers(of: pid).last ?? 0) } catch { failure = error }
            })
        let process = RunningProcess(pid: started.pid, descriptor: OwnedDescriptor(owning: started.pidfd))
        if let failure {
            process.end()
            throw failure
        }
        return process
    }

    /// Shows that its launcher waits for as long as those inside like: it comes back when somebody outside has woken its child up, and
    /// not before.
    static func isHeld(_ container: Container, _ location: SourceLocation = #_sourceLocation) throws {
        let engine = container.engine
        let mark = engine.place + "/woken"
        var helper: RunningProcess?
        let naive = try run(container, program: ["/bin/true"]) { pid, inside in
            _ = try container.execute("kill -STOP \(inside)")
            try Eventually.holds("it is stopped") { (try? Procfs.status(of: pid).state) == "T" }
            helper = try engine.begin(["/bin/sh", "-c", "sleep 1; echo > \(mark); kill -CONT \(pid)"]).process
        }
        #expect(SystemFile.exists(mark), "the negative control does not attack", sourceLocation: location)
        _ = try naive.wait()
        _ = try helper?.wait()
    }
}
