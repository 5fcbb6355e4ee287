import Glibc
import Linux
import OCI
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
        #expect(refused.status == 1)
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
        #expect(refused.status == 1)
        #expect(refused.complaints.contains("it is paused"))
        #expect(try container.call("pause").complaints.contains("paused already"))
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
        ] {
            let answer = try engine.call(["exec"] + words)
            #expect(answer.status == 1, "\(words)")
            #expect(answer.complaints.contains(named), "\(answer.complaints)")
        }
        try container.remove()
    }
}
