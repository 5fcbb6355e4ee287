import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// What the processes of a container can do to one that `exec` brings to life among them: stop it, trace it, keep its end to
/// themselves, speak in its name. None of that may hold or deceive the launcher outside, nor win anything inside.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct JoinAttackTests {
    let engine: Engine

    init() throws {
        engine = try Engine()
        try Probe.install(in: engine)
    }

    /// Those that the container has beside its first, and that have not ended.
    private func others(than first: Int32?, in container: Container) -> [Int32] {
        Engine.processes(of: container.id).filter { $0 != first }
    }

    private func isHeld(_ pid: Int32) -> Bool { (try? Procfs.status(of: pid).state) == "t" }

    private func isStopped(_ pid: Int32) -> Bool { (try? Procfs.status(of: pid).state) == "T" }

    // MARK: - Waiting for ever

    /// A process that is stopped before its program runs never says anything: its launcher wakes it up. Whoever asks `exec` to end
    /// meanwhile is heard, the process goes, and the container stays. Naive, the launcher waits for the child alone.
    @Test func stoppedProcess() throws {
        let container = try engine.started("exec sleep 1000")
        try NaiveJoin.isHeld(container)
        let first = try container.state().pid
        let woken = try HeldJoin(container, ["/bin/sh", "-c", "exit 3"])
        #expect(try container.execute("kill -STOP \(woken.inside)").status == 0)
        try woken.letGo()
        #expect(try woken.end() == 3, "\(woken.streams.complaints)")

        let held = try stopped(in: container)
        kill(held.command.pid, SIGTERM)
        kill(held.command.pid, SIGCONT)
        #expect(try held.end() == 255)
        #expect(held.streams.complaints.contains("signal 15"), "\(held.streams.complaints)")
        #expect(others(than: first, in: container) == [])
        #expect(container.status == .running)
        try container.remove()
    }

    /// A joining process that another of the container has stopped, and its launcher, which would wake it up, as well.
    private func stopped(in container: Container) throws -> HeldJoin {
        let held = try HeldJoin(container, ["/bin/true"])
        #expect(try container.execute("kill -STOP \(held.inside)").status == 0)
        kill(held.command.pid, SIGSTOP)
        try held.letGo()
        try held.awaitStop()
        return held
    }

    /// Whoever stops all that comes into sight, again and again, holds no launcher: what joins gets through in the end, or is given
    /// up, and gone.
    @Test func stoppedAgainAndAgain() throws {
        let container = try engine.started(
            "while :; do n=2; while [ $n -lt 150 ]; do kill -STOP $n; n=$((n+1)); done; done 2>/dev/null")
        let first = try container.state().pid
        for _ in 0..<3 {
            let before = others(than: first, in: container)
            let answer = try engine.call("exec", "--detach", container.id, "/bin/sleep", "1000")
            let made = others(than: first, in: container).filter { !before.contains($0) }
            if answer.status == 0 {
                #expect(made.count == 1)
            } else {
                #expect(answer.complaints.contains("keep stopping processes that join it"), "\(answer.complaints)")
                #expect(made == [])
            }
        }
        #expect(container.status == .running)
        try container.remove()
    }

    /// Whoever traces a process sees its end first, and can hold it there, even one that is killed: `exec` does not wait for
    /// that.
    @Test func tracedBeforeItsProgramRuns() throws {
        let container = try engine.started("exec sleep 1000")
        let held = try stopped(in: container)
        let (tracer, words) = try keeper(of: held.inside, in: container)
        kill(held.command.pid, SIGTERM)
        kill(held.command.pid, SIGCONT)
        #expect(try held.end() == 255)
        #expect(held.streams.complaints.contains("signal 15"), "\(held.streams.complaints)")
        #expect(container.status == .running)
        try container.remove()
        _ = try tracer.wait(for: "probe \(words.output)", within: 60)
    }

    /// Nobody need ask: a tracer that does not let go is waited for as long as one that stops.
    @Test func tracedAndNotLetGo() throws {
        let container = try engine.started("exec sleep 1000")
        let held = try stopped(in: container)
        let (tracer, words) = try keeper(of: held.inside, in: container)
        kill(held.command.pid, SIGCONT)
        #expect(try held.end() == 255)
        #expect(held.streams.complaints.contains("holds processes that join it"), "\(held.streams.complaints)")
        #expect(container.status == .running)
        try container.remove()
        _ = try tracer.wait(for: "probe \(words.output)", within: 60)
    }

    /// A process of the container that traces another until its end.
    private func keeper(of inside: Int32, in container: Container) throws -> (RunningProcess, Streams) {
        let (tracer, words) = try engine.begin([
            Engine.program, "--root", engine.root, "exec", "--cap", "CAP_SYS_PTRACE", container.id, "/bin/probe",
            "keep", "\(inside)",
        ])
        try Eventually.holds("it is traced: \(words.complaints)") { words.output == "kept\n" }
        return (tracer, words)
    }

    /// The same with a command that runs: it has ended, its tracer does not let it go, and its status is there. Naive: what waits for
    /// the kernel's word.
    @Test func endThatATracerKeeps() throws {
        let container = try engine.started("exec sleep 1000")
        try #require(mkfifo(engine.rootfs + "/tmp/go", 0o600) == 0)
        let naive = try NaiveJoin.run(container, program: ["/bin/sh", "-c", "sleep 1000"]) { _, _ in }
        var keepers = [try keeper(of: try #require(HeldJoin.numbers(of: naive.pid).last), in: container)]
        try naive.kill()
        // Killed, it is held on its way out; its launcher would wait for it as well.
        var ready = pollfd(fd: naive.pidfd, events: Int16(POLLIN), revents: 0)
        #expect(poll(&ready, 1, 500) == 0 && isHeld(naive.pid), "the negative control does not attack")
        #expect(try naive.poll() == nil, "the negative control does not attack")

        let (command, streams) = try engine.begin([
            Engine.program, "--root", engine.root, "exec", container.id, "/bin/sh", "-c",
            "echo $$; read line < /tmp/go; exit 5",
        ])
        try Eventually.holds("it says its number: \(streams.complaints)") { streams.output.hasSuffix("\n") }
        let inside = try #require(Int32(streams.output.dropLast()))
        keepers.append(try keeper(of: inside, in: container))
        // Opened for both, it waits for no reader.
        let go = try OwnedDescriptor(opening: engine.rootfs + "/tmp/go", O_RDWR)
        try SystemFile.write(Array("go\n".utf8), to: go.number, "a FIFO")
        #expect(try command.wait(for: "exec", within: 60).shellStatus == 5, "\(streams.complaints)")
        #expect(container.status == .running)
        // No pid namespace ends before this process has reaped its own child there.
        for pid in others(than: try container.state().pid, in: container) { kill(pid, SIGKILL) }
        for (tracer, _) in keepers { _ = try tracer.wait(for: "probe", within: 60) }
        _ = try naive.wait()
        try container.remove()
    }

    /// Who traces a command that runs keeps every signal from it, and its end as well: whoever asks `exec` a third time is heard. Naive: it is
    /// asked as often as anybody likes, and not even killing its program ends it.
    @Test(.timeLimit(.minutes(1))) func requestsThatATracerKeeps() throws {
        let container = try engine.started("exec sleep 1000")
        let (command, streams) = try engine.begin([
            Engine.program, "--root", engine.root, "exec", container.id, "/bin/sh", "-c", "echo $$; exec sleep 1000",
        ])
        try Eventually.holds("it says its number: \(streams.complaints)") { streams.output.hasSuffix("\n") }
        let inside = try #require(Int32(streams.output.dropLast()))
        let (tracer, words) = try engine.begin([
            Engine.program, "--root", engine.root, "exec", "--cap", "CAP_SYS_PTRACE", container.id, "/bin/probe",
            "hold", "\(inside)",
        ])
        try Eventually.holds("it is held: \(words.complaints)") { words.output == "held\n" }
        let held = try #require(Engine.processes(of: container.id).first { HeldJoin.numbers(of: $0).last == inside })
        func pending() -> Bool {
            HeldJoin.status("ShdPnd", of: held).first.flatMap { UInt64($0, radix: 16) }.map { $0 & 1 << 14 != 0 }
                == true
        }
        func hasEnded() -> Bool {
            var ready = pollfd(fd: command.pidfd, events: Int16(POLLIN), revents: 0)
            return poll(&ready, 1, 0) != 0
        }
        kill(command.pid, SIGTERM)
        try Eventually.holds("it is passed on") { pending() }
        #expect(isHeld(held) && !hasEnded(), "the negative control does not attack")
        try Eventually.holds("it ends") {
            kill(command.pid, SIGTERM)
            return hasEnded()
        }
        #expect(try command.wait(for: "exec", within: 60).shellStatus == 137)
        #expect(streams.complaints.contains("traces it: it is killed"), "\(streams.complaints)")
        #expect(container.status == .running)
        try container.remove()
        _ = try tracer.wait(for: "probe \(words.output)", within: 60)
    }

    /// A file system that the container serves answers when it likes, and who looks at it waits, be he killed or not: whoever asks
    /// `exec` to end meanwhile is heard. Control: a process that goes there by itself does not come back.
    @Test(.enabled(if: SystemFile.exists("/dev/fuse"), "needs /dev/fuse")) func filesThatAnswerNobody() throws {
        let container = try engine.started("exec sleep 1000") {
            $0.linux?.devices.append(.init(type: "c", path: "/dev/fuse", major: 10, minor: 229))
            $0.linux?.resources?.devices.append(.init(allow: true, type: "c", major: 10, minor: 229))
        }
        let runtime = [Engine.program, "--root", engine.root, "exec"]
        let (server, words) = try engine.begin(
            runtime + ["--cap", "CAP_SYS_ADMIN", container.id, "/bin/probe", "deaf-files", "/mnt"])
        try Eventually.holds("it serves: \(words.complaints)") { words.output == "deaf\n" }
        let (control, _) = try engine.begin(runtime + [container.id, "/bin/sh", "-c", "cd /mnt"])
        let (held, streams) = try engine.begin(runtime + ["--cwd", "/mnt", container.id, "/bin/true"])
        for process in [control, held] {
            var ready = pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0)
            #expect(poll(&ready, 1, 500) == 0, "the negative control does not attack")
        }
        kill(held.pid, SIGTERM)
        #expect(try held.wait(for: "exec", within: 60).shellStatus == 255)
        #expect(streams.complaints.contains("signal 15"), "\(streams.complaints)")
        #expect(container.status == .running)
        try container.remove()
        for process in [server, control] { _ = try process.wait(for: "exec", within: 60) }
    }

    // MARK: - A report of others' making

    /// Four numbers as a joining process reports them: the step, its errno, how a hook ended, and which.
    enum Report: String, CaseIterable, CustomTestStringConvertible {
        case errorNumber, noErrorNumber, hook, nothing, short

        var testDescription: String { rawValue }

        var numbers: [Int32] {
            switch self {
            case .errorNumber: [.max, EACCES, 0, 0]
            case .noErrorNumber: [-1, .max, .min, .max]
            case .hook: [0, 0, -1, 0]
            case .nothing: [0, 0, 0, 0]
            case .short: [0]
            }
        }
    }

    private func writing(_ numbers: [Int32], to descriptor: Int32, of inside: Int32) -> String {
        let bytes = numbers.flatMap { number in
            (0..<4).map { UInt32(bitPattern: number) >> (8 * $0) & 0xff }
        }
        let text = bytes.map { "\\" + (String($0, radix: 8).count < 3 ? "0" : "") + String($0, radix: 8) }.joined()
        return "printf '\(text)' > /proc/\(inside)/fd/\(descriptor)"
    }

    /// Who may trace a joining process can write into its report. The launcher believes that it failed: so it shall have, and nothing
    /// else follows. Naive, the launcher believes it and is gone, and the program runs on, unseen.
    @Test(arguments: Report.allCases) func forgedReport(report: Report) throws {
        let container = try engine.started("exec sleep 1000")
        let pipe = try Pipe()
        let naive = try NaiveJoin.run(container) { _, inside in
            let attack = try container.execute(
                writing(report.numbers, to: pipe.writeEnd, of: inside), "--cap", "CAP_SYS_PTRACE")
            #expect(attack.status == 0, "\(attack.complaints)")
        }
        pipe.closeWriteEnd()
        let bytes = Array(try pipe.readAll().utf8)
        #expect(!bytes.isEmpty, "the negative control does not attack")
        #expect(try naive.poll() == nil, "the negative control does not attack")
        naive.end()

        let first = try container.state().pid
        let held = try HeldJoin(container, ["/bin/sleep", "1000"])
        let pipes = try SystemFile.names(in: "/proc/\(held.pid)/fd").compactMap { Int32($0) }.filter {
            try Procfs.readLink("/proc/\(held.pid)/fd/\($0)").hasPrefix("pipe:")
        }
        try #require(pipes.count == 1)
        // Without the right to trace, nobody reaches it.
        #expect(try container.execute(writing(report.numbers, to: pipes[0], of: held.inside)).status != 0)
        let attack = try container.execute(
            writing(report.numbers, to: pipes[0], of: held.inside), "--cap", "CAP_SYS_PTRACE")
        #expect(attack.status == 0, "\(attack.complaints)")
        let status = try held.end()
        #expect(status == 1 || status == 126 || status == 255, "\(status) \(held.streams.complaints)")
        #expect(!held.streams.complaints.isEmpty)
        try Eventually.holds("it is gone") { others(than: first, in: container).isEmpty }
        #expect(container.status == .running)
        try container.remove()
    }

    // MARK: - The filter

    /// Whoever may trace a joining process could have it make any call while no filter is in force: with and without no_new_privs
    /// it is, from the process's first instruction on. Naive: loaded as the last step before the program.
    @Test(arguments: [true, false]) func filterFromTheBeginning(noNewPrivileges: Bool) throws {
        let container = try engine.started("exec sleep 1000") {
            $0.process?.noNewPrivileges = noNewPrivileges
            $0.linux?.seccomp = SeccompProfile(
                defaultAction: .allow, systemCalls: [.init(["mkdir", "mkdirat"], .errno)])
        }
        func filter(of pid: Int32) -> [Substring] { HeldJoin.status("Seccomp", of: pid) }
        var seen: [Substring] = []
        let naive = try NaiveJoin.run(container, [.noNewPrivileges, .seccomp(instructions: [Self.allow], flags: 0)]) {
            pid, _ in seen = filter(of: pid)
        }
        #expect(seen == ["0"] && filter(of: naive.pid) == ["2"], "the negative control does not attack")
        naive.end()

        let held = try HeldJoin(container, ["/bin/mkdir", "/tmp/made"])
        #expect(filter(of: held.pid) == ["2"])
        #expect(HeldJoin.status("NoNewPrivs", of: held.pid) == [noNewPrivileges ? "1" : "0"])
        try held.letGo()
        #expect(try held.end() == 1, "\(held.streams.complaints)")
        try container.remove()
    }

    /// `return ALLOW`, as one instruction of a filter.
    private static let allow: UInt64 = 0x06 | 0x7fff_0000 << 32
}
