import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// `exec`: another process in a container, by words and by `--process`.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct ExecTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// It is in the container's namespaces and cgroup, with the container's limits and privileges.
    @Test func joinsEverything() throws {
        let container = try engine.started("exec sleep 1000") {
            $0.process?.noNewPrivileges = true
            $0.hostname = "box"
        }
        let pid = try #require(try container.state().pid)
        let kinds = ["mnt", "pid", "net", "uts", "ipc", "cgroup"]
        let script = kinds.map { "readlink /proc/self/ns/\($0)" }.joined(separator: ";")
        let inside = try kinds.map { try Procfs.namespace($0, of: "\(pid)") }
        let answer = try container.execute(
            script + "; hostname; grep 'NoNew\\|CapEff\\|CapBnd' /proc/self/status; cat /proc/self/cgroup")
        let lines = answer.output.split(separator: "\n").map(String.init)
        #expect(Array(lines.prefix(6)) == inside)
        #expect(lines.contains("box"))
        #expect(lines.contains("NoNewPrivs:\t1"))
        #expect(lines.contains("CapEff:\t00000000a80425fb"))
        #expect(lines.contains("CapBnd:\t00000000a80425fb"))
        // With a cgroup namespace its own cgroup is the root.
        #expect(!answer.output.contains(container.id))
        try container.remove()
    }

    /// `--user --cwd --env --additional-gids --cap --no-new-privs`.
    @Test func options() throws {
        let container = try engine.started("exec sleep 1000")
        let answer = try container.execute(
            "id -u; id -g; pwd; echo $A $B; grep 'Groups\\|NoNew\\|CapBnd\\|CapInh' /proc/self/status", "--user",
            "12:34",
            "--cwd", "/data", "--env", "A=1", "-e", "B=2", "--additional-gids", "56", "--no-new-privs", "--cap",
            "CAP_SYS_PTRACE")
        #expect(
            answer.output == """
                12
                34
                /data
                1 2
                Groups:\t56 
                CapInh:\t0000000000000000
                CapBnd:\t00000000a80c25fb
                NoNewPrivs:\t1

                """, "\(answer.complaints)")
        try container.remove()
    }

    /// `--process`: everything from a file, nothing of the container's own process.
    @Test func fromFile() throws {
        let container = try engine.started("exec sleep 1000") { $0.process?.environment.append("OWN=1") }
        let process = RuntimeConfiguration.Process(
            user: .init(uid: 7, gid: 8, umask: 0o77),
            arguments: ["/bin/sh", "-c", "id -u; umask; echo $OWN$GIVEN; ulimit -n; grep CapBnd /proc/self/status"],
            environment: ["PATH=/bin", "GIVEN=2"], workingDirectory: "/",
            resourceLimits: [.init(type: "RLIMIT_NOFILE", soft: 77, hard: 88)])
        let file = try engine.write(String(decoding: process.json(), as: UTF8.self), to: "process.json")
        let answer = try engine.call("exec", "--process", file, container.id)
        #expect(answer.output == "7\n0077\n2\n77\nCapBnd:\t0000000000000000\n", "\(answer.complaints)")
        let wrong = try engine.write("{\"cwd\": 7}", to: "wrong.json")
        let refused = try engine.call("exec", "--process", wrong, container.id)
        #expect(refused.status == 255)
        #expect(refused.complaints.contains("cwd"))
        try container.remove()
    }

    /// `--detach --pid-file`: it runs on, and the number is its own.
    @Test func detached() throws {
        let container = try engine.started("exec sleep 1000")
        let file = engine.place + "/exec.pid"
        let answer = try engine.call(
            "exec", "--detach", "--pid-file", file, container.id, "/bin/sh", "-c", "echo here; exec sleep 1000")
        #expect(answer.status == 0, "\(answer.complaints)")
        let pid = try #require(Int32(Engine.text(file)))
        #expect(Engine.processes(of: container.id).contains(pid))
        let table = try engine.call("ps", "--format", "json", container.id).output
        #expect(table.contains("\(pid)"))
        try container.remove()
    }

    /// Into a paused container: refused, unless it may wait with the rest.
    @Test(.enabled(if: TestHost.hasController("freezer") || TestHost.layout?.unified != nil, "no freezer"))
    func paused() throws {
        let container = try engine.started("exec sleep 1000")
        #expect(try container.call("pause").status == 0)
        #expect(container.status == .paused)
        let refused = try container.execute("true")
        #expect(refused.status == 255)
        #expect(refused.complaints.contains("it is paused"))
        #expect(try container.call("pause").complaints.contains("already paused"))
        #expect(try container.call("resume").status == 0)
        #expect(try container.execute("echo again").output == "again\n")
        #expect(try container.call("resume").complaints.contains("not paused"))
        try container.remove()
    }

    /// A created container can be joined before its start.
    @Test func beforeTheStart() throws {
        let container = try engine.created("echo started; exec sleep 1000")
        #expect(try container.execute("echo joined").output == "joined\n")
        #expect(container.status == .created)
        #expect(try container.call("start").status == 0)
        try container.awaitOutput("started")
        try container.remove()
    }

    /// Words that cannot be.
    @Test func badWords() throws {
        let container = try engine.started("exec sleep 1000")
        for (words, named) in [
            (["--user", "nobody", container.id, "true"], "--user"), ([container.id], "program"),
            (["--cwd", "relative", container.id, "true"], "process.cwd"),
            (["--sideways", container.id, "true"], "--sideways"),
            (["--cwd", "/not/there", container.id, "/bin/true"], "/not/there"),
            (["--tty", "--detach", container.id, "true"], "--console-socket"),
            (["--cgroup", "../..", container.id, "true"], "--cgroup"),
            (["--env", "FOO", container.id, "true"], "--env 'FOO'"),
            (["-e", "=x", container.id, "true"], "--env '=x'"),
        ] {
            let answer = try engine.call(["exec"] + words)
            #expect(answer.status == 255, "\(words)")
            #expect(answer.complaints.contains(named), "\(answer.complaints)")
        }
        try container.remove()
    }

    /// What config.json's process may not hold, a joining one may not either: to the kernel the greatest number is no user, but "as
    /// it is", which is the host's root.
    @Test func validation() throws {
        let container = try engine.started("exec sleep 1000") { $0.process?.user = .init(uid: 1000, gid: 1000) }
        #expect(try container.execute("id -u").output == "1000\n")
        for (words, member) in [
            (["--user", "4294967295"], "process.user.uid"), (["--user", "7:4294967295"], "process.user.gid"),
            (["--additional-gids", "4294967295"], "process.user.additionalGids[0]"),
        ] {
            let answer = try engine.call(["exec"] + words + [container.id, "/bin/id"])
            #expect(answer.status == 255)
            #expect(answer.output.isEmpty, "\(words): \(answer.output)")
            #expect(answer.complaints.contains(member), "\(answer.complaints)")
        }
        typealias Process = RuntimeConfiguration.Process
        let changes: [(String, (inout Process) -> Void)] = [
            ("process.user.uid", { $0.user.uid = .max }), ("process.user.gid", { $0.user.gid = .max }),
            ("process.user.umask", { $0.user.umask = 0o7777 }),
            ("process.oomScoreAdj", { $0.oomScoreAdjustment = 1001 }),
            ("process.scheduler.nice", { $0.scheduler = .init(policy: "SCHED_OTHER", nice: -99) }),
            ("process.ioPriority.priority", { $0.ioPriority = .init(class: "IOPRIO_CLASS_BE", priority: 8) }),
            ("process.rlimits[0].soft", { $0.resourceLimits = [.init(type: "RLIMIT_NOFILE", soft: 9, hard: 8)] }),
            ("process.consoleSize.height", { $0.consoleSize = .init(height: 70_000, width: 1) }),
            ("process.args[0]", { $0.arguments = [""] }),
        ]
        for (member, change) in changes {
            var process = Process(arguments: ["/bin/id"], workingDirectory: "/")
            change(&process)
            let file = try engine.write(String(decoding: process.json(), as: UTF8.self), to: "process.json")
            let answer = try engine.call("exec", "--process", file, container.id)
            #expect(answer.status == 255, "\(member)")
            #expect(answer.output.isEmpty, "\(member): \(answer.output)")
            #expect(answer.complaints.contains(member), "\(answer.complaints)")
        }
        try container.remove()
    }

    /// The score by which the kernel chooses whom to kill is the joining process's own, not its launcher's.
    @Test func outOfMemoryScore() throws {
        let container = try engine.started("exec sleep 1000") { $0.process?.oomScoreAdjustment = 123 }
        #expect(try container.execute("cat /proc/self/oom_score_adj").output == "123\n")
        let process = RuntimeConfiguration.Process(
            arguments: ["/bin/sh", "-c", "cat /proc/self/oom_score_adj; exec sleep 1000"], environment: ["PATH=/bin"],
            workingDirectory: "/", oomScoreAdjustment: 456)
        let file = try engine.write(String(decoding: process.json(), as: UTF8.self), to: "process.json")
        let (launcher, streams) = try engine.begin([
            Engine.program, "--root", engine.root, "exec", "--process", file, container.id,
        ])
        try Eventually.holds("it runs: \(streams.complaints)") { streams.output == "456\n" }
        // It shares the memory of what joins, and with it the score, until the program runs; then it takes its own back.
        try Eventually.holds("it has its own again") {
            Engine.text("/proc/\(launcher.pid)/oom_score_adj") == Engine.text("/proc/self/oom_score_adj")
        }
        try container.remove()
        #expect(try launcher.wait(for: "exec", within: 60).ending == .exited(128 + SIGKILL))
    }

    /// HOME is the user's in the container's own database, where nobody says another; of the first process as well.
    @Test func home() throws {
        try engine.write(
            "root:x:0:0::/root:/bin/sh\nsomebody:x:7:8:Some Body:/srv/some body:/bin/sh\nmore:x:77:7:/home/of:7:/wrong\n",
            to: engine.rootfs + "/etc/passwd")
        func home(_ environment: [String], uid: UInt32 = 7) throws -> String {
            try engine.run("echo $HOME") {
                $0.process?.environment = ["PATH=/bin"] + environment
                $0.process?.user.uid = uid
            }.output
        }
        #expect(try home([]) == "/srv/some body\n")
        #expect(try home(["HOME="]) == "/srv/some body\n")
        #expect(try home(["HOME=/given"]) == "/given\n")
        #expect(try home([], uid: 0) == "/root\n")
        #expect(try home([], uid: 77_777) == "/\n")
        let container = try engine.started("exec sleep 1000") { $0.process?.environment = ["PATH=/bin"] }
        #expect(try container.execute("echo $HOME").output == "/root\n")
        #expect(try container.execute("echo $HOME", "--user", "7:8").output == "/srv/some body\n")
        #expect(try container.execute("echo $HOME", "--user", "7:8", "-e", "HOME=/x").output == "/x\n")
        // What stands there need be no file: nobody waits for it.
        unlink(engine.rootfs + "/etc/passwd")
        mkfifo(engine.rootfs + "/etc/passwd", 0o644)
        #expect(try container.execute("echo $HOME").output == "/\n")
        unlink(engine.rootfs + "/etc/passwd")
        symlink("/proc/self/fd/0", engine.rootfs + "/etc/passwd")
        #expect(try container.execute("echo $HOME").output == "/\n")
        try container.remove()
    }

    /// A variable that is given replaces the container's, and a terminal has a TERM.
    @Test func environment() throws {
        let container = try engine.started("exec sleep 1000") {
            $0.process?.environment = ["PATH=/bin", "A=1", "AB=2"]
        }
        #expect(try container.execute("echo $A $AB", "-e", "A=3").output == "3 2\n")
        #expect(try container.execute("echo $TERM", "--tty").output == "xterm\r\n")
        #expect(try container.execute("echo $TERM", "--tty", "-e", "TERM=dumb").output == "dumb\r\n")
        #expect(try container.execute("echo .$TERM").output == ".\n")
        try container.remove()
    }

    /// Of a variable that is given twice the last one counts; what is none is refused, with its field.
    @Test func variableGivenTwice() throws {
        let environment = ["HOME=/first", "A=1", "PATH=/nowhere", "A=2", "PATH=/bin", "HOME=/last"]
        // No shell, which would keep one alone anyway.
        let last = "A=2\nPATH=/bin\nHOME=/last\n"
        let first = try engine.run("") {
            $0.process?.arguments = ["env"]
            $0.process?.environment = environment
        }
        #expect(first.output == last, "\(first.complaints)")
        let container = try engine.started("exec sleep 1000")
        let file = engine.place + "/process.json"
        var process = RuntimeConfiguration.Process(arguments: ["env"], environment: environment)
        try SystemFile.replace(file, with: process.json())
        let joined = try engine.call("exec", "--process", file, container.id)
        #expect(joined.output == last, "\(joined.complaints)")
        for entry in ["FOO", "=x"] {
            process.environment = ["A=1", entry]
            try SystemFile.replace(file, with: process.json())
            let refused = try engine.call("exec", "--process", file, container.id)
            #expect(refused.status == 255 && refused.complaints.contains("process.env[1]"), "\(refused.complaints)")
            let made = try engine.run("true") { $0.process?.environment = ["A=1", entry] }
            #expect(made.status == 1 && made.complaints.contains("process.env[1]"), "\(made.complaints)")
        }
        try container.remove()
    }

    /// By the words in which engines look for it: a program that is not there, and one that may not be run.
    @Test func wordsOfFailure() throws {
        let container = try engine.started("exec sleep 1000")
        try engine.write("no program\n", to: engine.rootfs + "/data/plain", mode: 0o644)
        for (program, words) in [("nosuch", "no such file or directory"), ("/data/plain", "permission denied")] {
            let log = "\(engine.place)/log-\(words.count)"
            let joined = try engine.call("--log", log, "--log-format", "json", "exec", container.id, program)
            #expect(joined.status == 255)
            #expect(Engine.text(log).contains(words) && Engine.text(log).contains(program), "\(Engine.text(log))")
            let first = try engine.run("") { $0.process?.arguments = [program] }
            #expect(first.complaints.contains(words), "\(first.complaints)")
            for text in [Engine.text(log), first.complaints] where program == "nosuch" {
                #expect(text.contains("nosuch: not found in PATH: no such file or directory"), "\(text)")
                #expect(!text.contains("/nosuch"), "\(text)")
            }
        }
        try container.remove()
    }

    /// A container that has as many processes as it may is still entered, as by its peers: what comes counts, and may make no more.
    @Test(.enabled(if: TestHost.hasController("pids"), "no pids controller"), arguments: [1, 2], [false, true])
    func atTheLimitOfProcesses(limit: Int64, noNewPrivileges: Bool) throws {
        let container = try engine.started("exec sleep 1000") {
            $0.process?.noNewPrivileges = noNewPrivileges
            if $0.linux?.resources == nil { $0.linux?.resources = .init() }
            $0.linux?.resources?.pids = .init(limit: limit)
            $0.linux?.seccomp = SeccompProfile(defaultAction: .allow, systemCalls: [.init(["swapon"], .errno)])
        }
        #expect(try container.execute("echo in").output == "in\n")
        let first = try #require(try container.state().pid)
        #expect(try engine.call("exec", "-d", container.id, "/bin/sleep", "1000").status == 0)
        let second = try #require(Engine.processes(of: container.id).first { $0 != first })
        #expect(try SystemFile.read("/proc/\(first)/cgroup") == SystemFile.read("/proc/\(second)/cgroup"))
        let full = try container.execute("echo here; sleep 0; echo $?")
        #expect(full.output.hasPrefix("here\n") && !full.output.contains("\n0\n"), "\(full.output)")
        #expect(full.complaints.contains("fork"), "\(full.complaints)")
        try container.remove()
    }
}
