import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// config.md, "POSIX-platform Hooks"; runtime.md, "Lifecycle", steps 3 to 13.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct HookTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    private typealias Place = WritableKeyPath<RuntimeConfiguration.Hooks, [RuntimeConfiguration.Hook]>

    private static var kinds: [(name: String, path: Place)] {
        [
            ("prestart", \.prestart), ("createRuntime", \.createRuntime), ("createContainer", \.createContainer),
            ("startContainer", \.startContainer), ("poststart", \.poststart), ("poststop", \.poststop),
        ]
    }

    /// A hook of the host's shell; startContainer's is resolved inside and takes the image's.
    private func hook(_ script: String, timeout: Int? = nil) -> RuntimeConfiguration.Hook {
        .init(path: "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin"], timeout: timeout)
    }

    /// Shares a directory with the container under its own name, so that all six hooks write to one place.
    private func shared(_ configuration: inout RuntimeConfiguration) throws -> String {
        let path = engine.place + "/shared"
        try SystemFile.makeDirectories(path)
        configuration.mounts.append(.init(destination: path, type: "bind", source: path, options: ["rbind"]))
        return path
    }

    /// Each kind runs once, at its place in the life, with the state it says on standard input, in order within a kind.
    @Test func orderAndState() throws {
        var configuration = engine.configuration("echo program >> $LOG; exec sleep 1000") {
            $0.annotations = ["some.key": "some \"value\""]
        }
        let shared = try shared(&configuration)
        let log = shared + "/log"
        configuration.process?.environment.append("LOG=\(log)")
        var hooks = RuntimeConfiguration.Hooks()
        for (name, path) in Self.kinds {
            hooks[keyPath: path] = [
                hook("cat > \(shared)/\(name); echo \(name) >> \(log)"), hook("echo \(name)2 >> \(log)"),
            ]
        }
        configuration.hooks = hooks
        let (container, answer) = try engine.create(configuration)
        #expect(answer.status == 0, "\(answer.complaints)")
        let creation = ["prestart", "createRuntime", "createContainer"].flatMap { [$0, $0 + "2"] }
        func said() -> [String] { Engine.text(log).split(separator: "\n").map(String.init) }
        #expect(said() == creation)
        let pid = try #require(try container.state().pid)

        #expect(try container.call("start").status == 0)
        try Eventually.holds("the program runs") { said().contains("program") }
        var later = said()
        // The program runs beside the poststart hooks.
        later.removeAll { $0 == "program" }
        #expect(later == creation + ["startContainer", "startContainer2", "poststart", "poststart2"])
        #expect(try #require(said().firstIndex(of: "program")) > 7)

        #expect(try engine.call("delete", "--force", container.id).status == 0)
        #expect(said().suffix(2) == ["poststop", "poststop2"])
        for (name, _) in Self.kinds {
            let state = try ContainerState(json: Array(Engine.text("\(shared)/\(name)").utf8))
            #expect(state.id == container.id)
            #expect(state.bundle == container.bundle)
            #expect(state.annotations == ["some.key": "some \"value\""])
            switch name {
            case "prestart", "createRuntime":
                #expect(state.status == .creating)
                #expect(state.pid == pid)
            case "createContainer":
                // It runs in the container's pid namespace, where the container is process 1.
                #expect(state.status == .creating)
                #expect(state.pid == pid || state.pid == 1)
            case "startContainer":
                #expect(state.status == .created)
                #expect(state.pid == pid || state.pid == 1)
            case "poststart":
                #expect(state.status == .running)
                #expect(state.pid == pid)
            default:
                #expect(state.status == .stopped)
            }
        }
    }

    /// The namespaces each kind runs in: the runtime's for prestart, createRuntime, poststart and poststop, the container's
    /// for createContainer, before the root is entered, and for startContainer, after.
    @Test func namespacesAndRoots() throws {
        var configuration = engine.configuration("exec sleep 1000")
        let shared = try shared(&configuration)
        try engine.write("", to: engine.rootfs + "/in-the-image")
        let look =
            "for n in mnt uts net ipc; do readlink /proc/self/ns/$n; done > \(shared)/$KIND; "
            + "test -e /in-the-image && echo inside >> \(shared)/$KIND; "
            // The container's mounts are in place already, seen at the host's path of its root.
            + "test -e \(engine.rootfs)/proc/self/status && echo mounted >> \(shared)/$KIND; true"
        var hooks = RuntimeConfiguration.Hooks()
        for (name, path) in Self.kinds {
            hooks[keyPath: path] = [hook(look)]
            hooks[keyPath: path][0].environment?.append("KIND=\(name)")
        }
        configuration.hooks = hooks
        let (container, answer) = try engine.create(configuration)
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(try container.call("start").status == 0)
        let pid = try #require(try container.state().pid)
        let kinds = ["mnt", "uts", "net", "ipc"]
        let own = try kinds.map { try Procfs.namespace($0) }
        let inside = try kinds.map { try Procfs.namespace($0, of: "\(pid)") }
        try container.remove()
        func seen(_ name: String) -> [String] {
            Engine.text("\(shared)/\(name)").split(separator: "\n").map(String.init)
        }
        #expect(seen("prestart") == own)
        #expect(seen("createRuntime") == own)
        #expect(seen("createContainer") == inside + ["mounted"])
        #expect(seen("startContainer") == inside + ["inside"])
        #expect(seen("poststart") == own)
        #expect(seen("poststop") == own)
    }

    /// A hook has the environment and the arguments it is given and nothing else; without one it has that of who runs it, or, in
    /// the container's namespaces, the program's.
    @Test func environment() throws {
        var configuration = engine.configuration("true") { $0.process?.environment.append("INSIDE=yes") }
        let shared = try shared(&configuration)
        let look = "env > \(shared)/"
        var hooks = RuntimeConfiguration.Hooks()
        for (name, path) in Self.kinds {
            hooks[keyPath: path] = [
                .init(
                    path: "/bin/sh", arguments: ["sh", "-c", "\(look)\(name).own"], environment: ["ONE=1", "TWO=a b"]),
                .init(path: "/bin/sh", arguments: ["sh", "-c", "\(look)\(name).inherited"]),
                .init(path: "/bin/sh", arguments: ["sh", "-c", "\(look)\(name).empty"], environment: []),
            ]
        }
        configuration.hooks = hooks
        let bundle = try engine.bundle(configuration)
        let answer = try engine.shell("OUTSIDE=yes $runtime run --bundle \(bundle) \(engine.name())")
        #expect(answer.status == 0, "\(answer.complaints)")
        for (name, _) in Self.kinds {
            func seen(_ which: String) -> [Substring] {
                Engine.text("\(shared)/\(name).\(which)").split(separator: "\n")
            }
            // The shell adds some of its own.
            #expect(seen("own").contains("ONE=1") && seen("own").contains("TWO=a b"), "\(name)")
            #expect(!seen("own").contains { $0.hasPrefix("INSIDE") || $0.hasPrefix("OUTSIDE") }, "\(name)")
            let isInside = name == "createContainer" || name == "startContainer"
            #expect(seen("inherited").contains(isInside ? "INSIDE=yes" : "OUTSIDE=yes"), "\(name)")
            #expect(!seen("inherited").contains(isInside ? "OUTSIDE=yes" : "INSIDE=yes"), "\(name)")
            #expect(!seen("empty").contains { $0.hasPrefix("INSIDE") || $0.hasPrefix("OUTSIDE") }, "\(name)")
        }
    }

    /// Hooks run in the bundle, wherever the command was called; startContainer's in the container's root.
    @Test func workingDirectory() throws {
        var configuration = engine.configuration("true")
        let shared = try shared(&configuration)
        var hooks = RuntimeConfiguration.Hooks()
        for (name, path) in Self.kinds { hooks[keyPath: path] = [hook("pwd > \(shared)/\(name)")] }
        configuration.hooks = hooks
        let bundle = try engine.bundle(configuration)
        let answer = try engine.shell("cd /tmp && $runtime run --bundle \(bundle) \(engine.name())")
        #expect(answer.status == 0, "\(answer.complaints)")
        for (name, _) in Self.kinds {
            #expect(Engine.text("\(shared)/\(name)") == (name == "startContainer" ? "/" : bundle) + "\n", "\(name)")
        }
    }

    /// What hooks say is not in the container's streams; that of one that fails is in its error.
    @Test func saysNothing() throws {
        var hooks = RuntimeConfiguration.Hooks()
        for (_, path) in Self.kinds {
            hooks[keyPath: path] = [hook("i=0; while [ $i -lt 9000 ]; do echo out; echo err >&2; i=$((i + 1)); done")]
        }
        let answer = try engine.run("echo ran") { $0.hooks = hooks }
        #expect(answer.status == 0)
        #expect(answer.output == "ran\n")
        #expect(answer.complaints == "")
    }

    /// A program that a hook leaves behind holds nobody up, and is not ended.
    @Test(arguments: ["createRuntime", "createContainer"]) func leftBehind(kind: String) throws {
        let path = try #require(Self.kinds.first { $0.name == kind }?.path)
        var hooks = RuntimeConfiguration.Hooks()
        hooks[keyPath: path] = [hook("(while :; do echo more; done) & echo done")]
        let container = try engine.started("echo ran; exec sleep 1000") { $0.hooks = hooks }
        try container.awaitOutput("ran")
        #expect(container.streams.output == "ran\n")
        try container.remove()
    }

    /// A hook of the creation that fails fails `create`, naming itself; nothing is left, and poststop hooks have run where
    /// the container's resources had been made.
    @Test(arguments: ["prestart", "createRuntime", "createContainer"]) func failureInCreation(kind: String) throws {
        let path = try #require(Self.kinds.first { $0.name == kind }?.path)
        var hooks = RuntimeConfiguration.Hooks()
        hooks[keyPath: path] = [
            hook("echo no such device >&2; echo twice; exit 9"), hook("touch \(engine.place)/second"),
        ]
        let (container, answer) = try engine.create(engine.configuration("true") { $0.hooks = hooks })
        #expect(answer.status == 1)
        // In the same words wherever it ran.
        let words = "run \(kind) hook /bin/sh: exit status 9; its output: no such device / twice\n"
        #expect(answer.complaints.hasSuffix(words), "\(answer.complaints)")
        #expect(!SystemFile.exists(engine.place + "/second"))
        #expect(engine.traces(of: container.id) == [])
    }

    /// A startContainer hook that fails fails `start` and ends the container; so does a poststart hook since 1.3.
    @Test(arguments: ["startContainer", "poststart"]) func failureAtStart(kind: String) throws {
        let path = try #require(Self.kinds.first { $0.name == kind }?.path)
        var hooks = RuntimeConfiguration.Hooks()
        hooks[keyPath: path] = [hook("exit 0"), hook("echo no such device >&2; exit 9")]
        let (container, answer) = try engine.create(engine.configuration("exec sleep 1000") { $0.hooks = hooks })
        #expect(answer.status == 0, "\(answer.complaints)")
        let start = try container.call("start")
        #expect(start.status == 1)
        let words = "run \(kind) hook /bin/sh: exit status 9; its output: no such device\n"
        #expect(start.complaints.hasSuffix(words), "\(start.complaints)")
        try container.awaitEnd()
        try container.remove()

        // With `run` it is the same, and the container is removed.
        let id = engine.name()
        #expect(try engine.call("run", "--bundle", container.bundle, id).status == 1)
        #expect(engine.traces(of: id) == [])
    }

    /// One that is not there is told as one that fails, and not as the program, which engines would end with 127 for.
    @Test(arguments: ["createRuntime", "createContainer", "startContainer", "poststart"])
    func absent(kind: String) throws {
        let path = try #require(Self.kinds.first { $0.name == kind }?.path)
        var hooks = RuntimeConfiguration.Hooks()
        hooks[keyPath: path] = [.init(path: "/nosuch/hook")]
        let answer = try engine.run("true") { $0.hooks = hooks }
        #expect(answer.status == 1)
        let words = "run \(kind) hook /nosuch/hook: No such file or directory (errno 2)\n"
        #expect(answer.complaints.hasSuffix(words), "\(answer.complaints)")
    }

    /// A poststop hook that fails is said, and the container is deleted all the same; the next one runs.
    @Test func failureAfterTheEnd() throws {
        var hooks = RuntimeConfiguration.Hooks()
        hooks.poststop = [hook("exit 9"), hook("touch \(engine.place)/second")]
        let (container, _) = try engine.create(engine.configuration("true") { $0.hooks = hooks })
        let answer = try engine.call("delete", "--force", container.id)
        #expect(answer.status == 0)
        #expect(answer.complaints.contains("warning"))
        #expect(answer.complaints.contains("exit status 9"))
        #expect(SystemFile.exists(engine.place + "/second"))
        #expect(engine.traces(of: container.id) == [])
    }

    /// A hook that takes longer than it may is killed, and counts as failed: a host's and a container's one.
    @Test(arguments: ["createRuntime", "createContainer"]) func timeout(kind: String) throws {
        let path = try #require(Self.kinds.first { $0.name == kind }?.path)
        var hooks = RuntimeConfiguration.Hooks()
        hooks[keyPath: path] = [hook("echo $$ > \(engine.place)/pid; exec sleep 1000", timeout: 1)]
        let (container, answer) = try engine.create(engine.configuration("true") { $0.hooks = hooks })
        #expect(answer.status == 1)
        let words = "run \(kind) hook /bin/sh: timed out after 1 s, and was killed\n"
        #expect(answer.complaints.hasSuffix(words), "\(answer.complaints)")
        #expect(engine.traces(of: container.id) == [])
        let pid = Engine.text(engine.place + "/pid").split(separator: "\n").first.map(String.init) ?? "none"
        // Of a createContainer hook the number is that of its own namespace, which has ended.
        if kind == "createRuntime" { #expect(!Engine.text("/proc/\(pid)/cmdline").contains("sleep")) }
    }

    /// Its time runs while it is told the state, too: one that never reads what is longer than a pipe holds.
    @Test(arguments: ["createRuntime", "createContainer", "startContainer", "poststop"])
    func timeoutOfDeafHook(kind: String) throws {
        let path = try #require(Self.kinds.first { $0.name == kind }?.path)
        var hooks = RuntimeConfiguration.Hooks()
        hooks[keyPath: path] = [hook("exec sleep 1000", timeout: 1)]
        let answer = try engine.run("true") {
            $0.hooks = hooks
            $0.annotations = ["large": String(repeating: "x", count: 200_000)]
        }
        #expect(answer.complaints.contains("run \(kind) hook /bin/sh: timed out after 1 s"), "\(answer.complaints)")
        #expect(answer.status == (kind == "poststop" ? 0 : 1))
    }

    /// A limit beyond all time is none.
    @Test(arguments: [Int.max, Int.max / 1000, 1 << 53, 1 << 31, 10_000_000]) func endlessTimeout(seconds: Int) throws {
        var hooks = RuntimeConfiguration.Hooks()
        for (_, path) in Self.kinds { hooks[keyPath: path] = [hook("exit 0", timeout: seconds)] }
        let answer = try engine.run("echo ran") { $0.hooks = hooks }
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(answer.output == "ran\n")
    }

    /// A creation that hangs in a hook without a limit does not hold up a forced deletion: it is killed, and nothing stays.
    @Test(arguments: ["createRuntime", "createContainer"]) func deletionDuringHook(kind: String) throws {
        let path = try #require(Self.kinds.first { $0.name == kind }?.path)
        var hooks = RuntimeConfiguration.Hooks()
        hooks[keyPath: path] = [hook("touch \(engine.place)/begun; exec sleep 60")]
        let bundle = try engine.bundle(engine.configuration("true") { $0.hooks = hooks })
        let id = engine.name()
        let words = [Engine.program, "--root", engine.root, "create", "--bundle", bundle, id]
        let (process, streams) = try engine.begin(words)
        try Eventually.holds("the hook runs: \(streams.complaints)") { SystemFile.exists(engine.place + "/begun") }
        #expect(try engine.call("state", id).output.contains("creating"))
        let refusal = try engine.call("exec", id, "/bin/true")
        #expect(refusal.complaints.contains("creating"), "\(refusal.complaints)")
        let answer = try engine.call("delete", "--force", id)
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(
            try process.wait(for: words.joined(separator: " "), within: 60).ending
                == .signalled(SIGKILL, coreDumped: false))
        #expect(engine.traces(of: id) == [])
    }

    /// A hook need not read its input: a large state does not stop anybody.
    @Test func inputNeedNotBeRead() throws {
        var hooks = RuntimeConfiguration.Hooks()
        for (_, path) in Self.kinds { hooks[keyPath: path] = [hook("exit 0")] }
        let answer = try engine.run("echo ran") {
            $0.hooks = hooks
            $0.annotations = ["large": String(repeating: "x", count: 200_000)]
        }
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(answer.output == "ran\n")
    }
}
