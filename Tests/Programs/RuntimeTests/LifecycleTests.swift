import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// runtime.md, "Lifecycle" and "Operations".
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct LifecycleTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// A created container's program has not run; a started one's has; a killed one's has ended; a deleted one is gone.
    @Test func createdRunningStopped() throws {
        let container = try engine.created("echo ran; exec sleep 1000")
        let state = try container.state()
        #expect(state.status == .created)
        #expect(state.id == container.id)
        #expect(state.bundle == container.bundle)
        #expect(state.ociVersion == "1.3.0")
        let pid = try #require(state.pid)
        #expect(try Procfs.status(of: pid).state == "S")
        #expect(container.streams.output.isEmpty)

        #expect(try container.call("start").status == 0)
        try container.awaitOutput("ran")
        #expect(container.status == .running)
        #expect(try container.state().pid == pid)

        #expect(try engine.call("kill", container.id, "KILL").status == 0)
        try container.awaitEnd()
        #expect(try container.state().pid == 0)
        #expect(try container.call("delete").status == 0)
        #expect(engine.traces(of: container.id) == [])
        let gone = try container.call("state")
        #expect(gone.status == 1)
        #expect(gone.complaints.contains("does not exist"))
    }

    /// What may not be done in a state is an error and has no effect (runtime.md: start, kill, delete).
    @Test func refusals() throws {
        let container = try engine.created("exec sleep 1000")
        #expect(try container.call("delete").complaints.contains("it is created, not stopped"))
        #expect(container.status == .created)
        #expect(try container.call("start").status == 0)
        #expect(try container.call("start").complaints.contains("it is running, not created"))
        #expect(try container.call("delete").complaints.contains("it is running, not stopped"))
        #expect(container.status == .running)
        #expect(try engine.call("kill", container.id, "9").status == 0)
        try container.awaitEnd()
        #expect(try container.call("start").complaints.contains("it is stopped"))
        let kill = try engine.call("kill", container.id, "TERM")
        #expect(kill.status == 1)
        #expect(kill.complaints.contains("not running"))
        #expect(try container.call("pause").status == 1)
        #expect(try container.execute("true").status == 255)
        try container.remove()
    }

    /// A name is one container's: the second of it is refused and the first is untouched.
    @Test func nameIsTaken() throws {
        let container = try engine.created("exec sleep 1000")
        let second = try engine.call("create", "--bundle", container.bundle, container.id)
        #expect(second.status == 1)
        #expect(second.complaints.contains("a container with this name exists"))
        #expect(container.status == .created)
        try container.remove()
    }

    /// A container that is not there: an error for all, but not for `delete --force`.
    @Test func unknownContainer() throws {
        for command in [
            ["state"], ["start"], ["kill"], ["delete"], ["pause"], ["resume"], ["ps"], ["events", "--stats"],
        ] {
            let answer = try engine.call(command + ["nobody"])
            #expect(answer.status == 1, "\(command)")
            #expect(answer.complaints.contains("nobody"))
            #expect(answer.complaints.contains("does not exist"))
        }
        #expect(try engine.call("exec", "nobody", "true").status == 255)
        #expect(try engine.call("delete", "--force", "nobody").status == 0)
    }

    /// `delete --force` ends what lives: created, running and paused containers alike.
    @Test func forcedDeletion() throws {
        try engine.created("exec sleep 1000").remove()
        try engine.started("exec sleep 1000").remove()
        let paused = try engine.started("sleep 1000 & exec sleep 1000")
        #expect(try paused.call("pause").status == 0)
        try paused.remove()
    }

    /// Signals by number, by name, with and without SIG; others are refused by name.
    @Test(arguments: ["10", "USR1", "SIGUSR1", "usr1"]) func signals(name: String) throws {
        let container = try engine.started("trap 'echo caught; exit 7' USR1; echo ready; while :; do sleep 0.01; done")
        try container.awaitOutput("ready")
        #expect(try engine.call("kill", container.id, name).status == 0)
        try container.awaitOutput("caught")
        try container.awaitEnd()
        let unknown = try engine.call("kill", container.id, "SIGNONE")
        #expect(unknown.status == 1)
        #expect(unknown.complaints.contains("'SIGNONE' is not a signal"))
        try container.remove()
    }

    /// Help is there of commands, too, behind whose words another program's stand.
    @Test(arguments: ["exec", "ps", "state", "kill"])
    func help(command: String) throws {
        for option in ["--help", "-h"] {
            let result = try engine.call(command, option)
            #expect(result.status == 0 && result.output.contains("isolab-runtime \(command)"), "\(result)")
        }
        #expect(try engine.call("exec", "nobody", "ls", "--help").status == 255)
    }

    /// `kill --all` reaches every process of the cgroup; the default signal is TERM and reaches the first alone.
    @Test func killOfAll() throws {
        let container = try engine.started(
            "trap '' TERM; (trap 'echo second' TERM; echo ready; while :; do sleep 0.01; done) & wait; wait"
        ) {
            $0.linux?.namespaces.removeAll { $0.kind == .pid }
        }
        try container.awaitOutput("ready")
        #expect(try container.call("kill").status == 0)
        #expect(try container.call("kill", "--all").status == 0)
        try container.awaitOutput("second")
        #expect(try engine.call("kill", "--all", container.id, "KILL").status == 0)
        try container.awaitEnd()
        #expect(try engine.call("ps", "--format", "json", container.id).output == "[]\n")
        try container.remove()
    }

    /// `run` and `exec` answer with the program's status, 128 + signal for a killed one.
    @Test func exitStatusIsPassedOn() throws {
        #expect(try engine.run("exit 42").status == 42)
        #expect(try engine.run("kill -TERM $$; kill -KILL $$; exit 3").status == 3)
        let container = try engine.started("exec sleep 1000")
        #expect(try container.execute("exit 43").status == 43)
        #expect(try container.execute("kill -KILL $$").status == 137)
        try container.remove()
        #expect(try SystemFile.names(in: engine.root) == [])
    }

    /// `run --detach` leaves it running, `run --keep` leaves a stopped one; signals to `run` reach the program.
    @Test func waysToRun() throws {
        let bundle = try engine.bundle(
            engine.configuration("trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done"))
        let (first, second, third) = (engine.name(), engine.name(), engine.name())
        #expect(
            try engine.call("run", "--detach", "--pid-file", "\(engine.place)/pid", "--bundle", bundle, first).status
                == 0)
        let state = try ContainerState(json: Array(try engine.call("state", first).output.utf8))
        #expect(state.status == .running)
        #expect("\(state.pid ?? 0)" == Engine.text("\(engine.place)/pid"))
        #expect(try engine.call("delete", "--force", first).status == 0)

        let kept = try engine.bundle(engine.configuration("exit 3"))
        #expect(try engine.call("run", "--keep", "--bundle", kept, second).status == 3)
        #expect(try engine.call("state", second).output.contains("stopped"))
        #expect(try engine.call("delete", second).status == 0)

        let (process, streams) = try engine.begin(
            [Engine.program, "--root", engine.root, "run", "--bundle", bundle, third])
        try Eventually.holds("it is ready") { streams.output.contains("ready") }
        try process.kill(SIGTERM)
        #expect(try process.wait(for: "run", within: 60).ending == .exited(5))
        #expect(engine.traces(of: third) == [])
    }

    /// A program that is not there or may not be run is told by `create`, in words that engines look for, and nothing of
    /// the container is left.
    @Test func programThatCannotRun() throws {
        try engine.write("#!/bin/sh\n", to: engine.rootfs + "/bin/plain", mode: 0o644)
        for (program, words) in [
            ("/bin/missing", "no such file or directory"), ("missing", "no such file or directory"),
            ("/bin/plain", "permission denied"), ("/data", "permission denied"),
        ] {
            let (container, answer) = try engine.create(
                engine.configuration("") { $0.process?.arguments = [program] })
            #expect(answer.status == 1)
            #expect(answer.complaints.lowercased().contains(words), "\(answer.complaints)")
            #expect(answer.complaints.contains(program))
            #expect(engine.traces(of: container.id) == [])
        }
        let container = try engine.started("exec sleep 1000")
        for (program, words) in [
            ("/bin/missing", "no such file or directory"), ("/bin/plain", "permission denied"),
        ] {
            let answer = try engine.call("exec", container.id, program)
            #expect(answer.status != 0)
            #expect(answer.complaints.lowercased().contains(words), "\(answer.complaints)")
        }
        try container.remove()
    }

    /// What `execve` refuses at last (a script's interpreter that is missing, a file that is no program) fails `start`, and `exec`, with
    /// the reason and the program's name, in words that engines look for.
    @Test(
        arguments: [("#!/bin/nothing\n", "no such file or directory"), ("\u{1}garbage\n", "permission denied")]
            as [(String, String)])
    func programThatFailsAtStart(content: String, words: String) throws {
        try engine.write(content, to: engine.rootfs + "/bin/script", mode: 0o755)
        let (container, answer) = try engine.create(
            engine.configuration("") { $0.process?.arguments = ["/bin/script"] })
        #expect(answer.status == 0)
        let start = try container.call("start")
        #expect(start.status == 1)
        #expect(
            start.complaints.contains("execve /bin/script: ") && start.complaints.contains(words), "\(start.complaints)"
        )
        try container.awaitEnd()
        try container.remove()
        let running = try engine.started("exec sleep 1000")
        let joined = try engine.call("exec", running.id, "/bin/script")
        #expect(joined.status == 255)
        #expect(
            joined.complaints.contains("execve /bin/script: ") && joined.complaints.contains(words),
            "\(joined.complaints)")
        try running.remove()
    }

    /// The container's standard streams are the caller's; its working directory, arguments and environment are exactly
    /// the configuration's.
    @Test func processIsAsConfigured() throws {
        let bundle = try engine.bundle(
            engine.configuration("") {
                $0.process?.arguments = ["/bin/sh", "-c", "cat; pwd; env; echo \"$1|$2\"", "zeroth", "one two", ""]
                $0.process?.environment = ["PATH=/bin", "A=b c", "EMPTY=", "HOME=/h"]
                $0.process?.workingDirectory = "/data"
            })
        let answer = try engine.call(["run", "--bundle", bundle, engine.name()], input: "from the caller\n")
        let lines = Set(answer.output.split(separator: "\n").map(String.init))
        #expect(lines.isSuperset(of: ["from the caller", "/data", "A=b c", "EMPTY=", "PATH=/bin", "one two|"]))
        #expect(lines.filter { $0.contains("=") && !$0.hasPrefix("SHLVL=") && !$0.hasPrefix("PWD=") }.count == 4)
    }

    /// A thousand-to-one race: eight creations of one name, one wins, and the others leave nothing.
    @Test func oneNameManyCreators() throws {
        let id = engine.name()
        let bundle = try engine.bundle(engine.configuration("exec sleep 1000"))
        let calls = try (0..<8).map { _ in
            try engine.begin([Engine.program, "--root", engine.root, "create", "--bundle", bundle, id])
        }
        let statuses = try calls.map { try $0.process.wait(for: "create", within: 60).shellStatus }
        #expect(statuses.filter { $0 == 0 }.count == 1)
        #expect(try engine.call("state", id).output.contains("created"))
        #expect(try engine.call("delete", "--force", id).status == 0)
        #expect(engine.traces(of: id) == [])
    }

    /// An engine may call with its standard streams closed. What the runtime opens must not take their place, for the container
    /// inherits it: the lock would be held as long as it waits.
    @Test func closedStreams() throws {
        let bundle = try engine.bundle(engine.configuration("readlink /proc/self/fd/0 > /tmp/in; exec sleep 1000"))
        let id = engine.name()
        let created = try engine.shell("exec $runtime create --bundle \(bundle) \(id) <&- >&- 2>&-")
        #expect(created.status == 0)
        let pid = try #require(try ContainerState(json: Array(try engine.call("state", id).output.utf8)).pid)
        for stream in 0..<3 { #expect(try Procfs.readLink("/proc/\(pid)/fd/\(stream)") == "/dev/null") }
        #expect(try engine.shell("exec $runtime start \(id) <&- >&- 2>&-").status == 0)
        try Eventually.holds("it runs") { Engine.text(engine.rootfs + "/tmp/in") == "/dev/null\n" }
        #expect(try engine.shell("exec $runtime exec \(id) /bin/sh -c 'exit 3' <&- >&- 2>&-").status == 3)
        #expect(try engine.call("delete", "--force", id).status == 0)
        #expect(engine.traces(of: id) == [])
    }

    /// From the moment its name is taken to the moment it waits for its start a container is being created, and no plain `delete`
    /// removes it under its maker.
    @Test func creating() throws {
        let bundle = try engine.bundle(
            engine.configuration("exec sleep 1000") {
                $0.hooks = .init(createRuntime: [
                    .init(
                        path: "/bin/sh",
                        arguments: [
                            "sh", "-c",
                            "echo > \(engine.place)/in-hook; until [ -e \(engine.place)/go-on ]; do sleep 0.05; done",
                        ], environment: ["PATH=/usr/bin:/bin"])
                ])
            })
        let id = engine.name()
        let (process, streams) = try engine.begin([
            Engine.program, "--root", engine.root, "create", "--bundle", bundle, id,
        ])
        var seen: Set<String> = []
        try Eventually.holds("the hook runs: \(streams.complaints)") {
            let answer = try engine.call("state", id)
            if answer.status == 0 {
                seen.insert(try ContainerState(json: Array(answer.output.utf8)).status.rawValue)
            }
            return SystemFile.exists(engine.place + "/in-hook")
        }
        #expect(seen.isSubset(of: ["creating"]), "\(seen)")
        let refused = try engine.call("delete", id)
        #expect(refused.status == 1)
        #expect(refused.complaints.contains("being created"), "\(refused.complaints)")
        try engine.write("", to: "go-on")
        #expect(try process.wait(for: "create", within: 60).succeeded)
        #expect(try engine.call("state", id).output.contains("\"created\""))
        #expect(try engine.call("delete", "--force", id).status == 0)
        #expect(engine.traces(of: id) == [])
        // What a maker left that was killed before there was a container is no container, and goes with time.
        try SystemFile.makeDirectories(engine.root + "/,left")
        #expect(try engine.call("list", "--quiet").output.isEmpty)
    }

    /// `--pidfd-socket`: a descriptor of the container's first process, and of one that joins, by which they can be signalled.
    @Test func descriptorOfTheProcess() throws {
        let path = engine.place + "/pidfd"
        let listener = UnixSocket.listen(path)
        try #require(listener >= 0)
        defer { close(listener) }
        func received(_ kind: String) throws -> (number: Int32, pid: Int32) {
            let connection = accept(listener, nil, nil)
            try #require(connection >= 0)
            defer { close(connection) }
            var words = [UInt8](repeating: 0, count: 64)
            let (descriptor, count) = UnixSocket.receive(over: connection, into: &words)
            try #require(descriptor >= 0)
            #expect(String(decoding: words.prefix(count), as: UTF8.self) == kind)
            let facts = try SystemFile.read("/proc/self/fdinfo/\(descriptor)")
            let line = facts.split(separator: "\n").first { $0.hasPrefix("Pid:") }
            return (descriptor, Int32(line?.split(separator: "\t").last ?? "") ?? 0)
        }
        let (container, answer) = try engine.create(
            engine.configuration("exec sleep 1000"), ["--pidfd-socket", path])
        #expect(answer.status == 0, "\(answer.complaints)")
        let first = try received("standard")
        defer { close(first.number) }
        #expect(try first.pid == container.state().pid)
        #expect(try container.call("start").status == 0)
        let joined = try engine.call(
            "exec", "--detach", "--pidfd-socket", path, "--pid-file", engine.place + "/pid", container.id, "/bin/sleep",
            "1000")
        #expect(joined.status == 0, "\(joined.complaints)")
        let second = try received("setns")
        defer { close(second.number) }
        #expect(Engine.text(engine.place + "/pid") == "\(second.pid)")
        try RunningProcess.send(SIGKILL, to: first.number, first.pid)
        try container.awaitEnd()
        try container.remove()
        // Nobody listens: nothing is made.
        let (absent, refused) = try engine.create(
            engine.configuration("true"), ["--pidfd-socket", engine.place + "/nobody"])
        #expect(refused.status == 1 && refused.complaints.contains("/nobody"), "\(refused.complaints)")
        #expect(engine.traces(of: absent.id) == [])
    }
}
