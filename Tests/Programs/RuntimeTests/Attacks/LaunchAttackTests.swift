import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// What the processes of a container can do to another container's first process that comes to life in their pid namespace, which
/// that one joins by its path: nothing that would hold `create`, `run` or `start` for ever. The negative control is `NaiveJoin`.
@Suite(
    .enabled(if: TestHost.canRun, TestHost.reason),
    .enabled(if: Procfs.takesNamespace, "[host] needs Linux 6.18, which hides the launcher's child"))
struct LaunchAttackTests {
    let engine: Engine

    init() throws {
        engine = try Engine()
        try Probe.install(in: engine)
    }

    /// A configuration whose first process comes to life beside a container's.
    private func beside(_ container: Container, _ script: String) throws -> RuntimeConfiguration {
        let first = try #require(try container.state().pid)
        return engine.configuration(script) {
            $0.linux?.namespaces.removeAll { $0.kind == .pid }
            $0.linux?.namespaces.append(.init(.pid, path: "/proc/\(first)/ns/pid"))
        }
    }

    private func isStopped(_ pid: Int32) -> Bool { (try? Procfs.status(of: pid).state) == "T" }

    /// The launch of a container beside another one, whose process is held before its first instruction.
    private func launch(_ command: String, _ script: String, beside container: Container) throws -> (
        HeldJoin, Container
    ) {
        let bundle = try engine.bundle(try beside(container, script))
        let id = engine.name()
        let held = try HeldJoin(container, command: [command, "--bundle", bundle, id])
        return (held, Container(engine: engine, id: id, bundle: bundle, streams: held.streams))
    }

    @Test func stoppedLaunch() throws {
        let container = try engine.started("exec sleep 1000")
        try NaiveJoin.isHeld(container)

        let (run, other) = try launch("run", "exit 3", beside: container)
        #expect(try container.execute("kill -STOP \(run.inside)").status == 0)
        try run.letGo()
        #expect(try run.end() == 3, "\(run.streams.complaints)")
        #expect(engine.traces(of: other.id) == [])

        let (create, created) = try launch("create", "exec sleep 1000", beside: container)
        #expect(try container.execute("kill -STOP \(create.inside)").status == 0)
        try create.letGo()
        #expect(try create.end() == 0, "\(create.streams.complaints)")
        // It waits for its start, and is stopped again.
        #expect(created.status == .created)
        #expect(try container.execute("kill -STOP \(create.inside)").status == 0)
        try Eventually.holds("it is stopped") { isStopped(create.pid) }
        #expect(try created.call("start").status == 0)
        #expect(created.status == .running)
        try created.remove()
        #expect(container.status == .running)
        try container.remove()
    }

    /// Whoever stops all that comes into sight, again and again, holds neither a launch nor a start.
    @Test func stoppedAgainAndAgain() throws {
        let container = try engine.started(
            "while :; do n=2; while [ $n -lt 150 ]; do kill -STOP $n; n=$((n+1)); done; done 2>/dev/null")
        let configuration = try beside(container, "exec sleep 1000")
        for _ in 0..<2 {
            let (other, answer) = try engine.create(configuration)
            guard answer.status == 0 else {
                #expect(answer.complaints.contains("keep stopping processes that join it"), "\(answer.complaints)")
                #expect(engine.traces(of: other.id) == [])
                continue
            }
            let start = try other.call("start")
            #expect(
                start.status == 0 || start.complaints.contains("keep stopping processes that join it"),
                "\(start.complaints)")
            try other.remove()
        }
        #expect(container.status == .running)
        try container.remove()
    }

    /// A tracer holds none of them either, nor does it keep what is left from being removed when it has gone.
    @Test(arguments: ["run", "create"]) func tracedLaunch(command: String) throws {
        let container = try engine.started("exec sleep 1000")
        let (held, other) = try launch(command, "exec sleep 1000", beside: container)
        #expect(try container.execute("kill -STOP \(held.inside)").status == 0)
        kill(held.command.pid, SIGSTOP)
        try held.letGo()
        try held.awaitStop()
        let (tracer, words) = try engine.begin([
            Engine.program, "--root", engine.root, "exec", "--cap", "CAP_SYS_PTRACE", container.id, "/bin/probe",
            "keep", "\(held.inside)",
        ])
        try Eventually.holds("it is traced: \(words.complaints)") { words.output == "kept\n" }
        kill(held.command.pid, SIGCONT)
        #expect(try held.end() == 1)
        #expect(
            held.streams.complaints.contains("traces and holds processes that join it"), "\(held.streams.complaints)")
        #expect(container.status == .running)
        try container.remove()
        _ = try tracer.wait(for: "probe", within: 60)
        try Eventually.holds("it has died") { !Engine.processes(of: other.id).contains(held.pid) }
        try other.remove()
    }
}
