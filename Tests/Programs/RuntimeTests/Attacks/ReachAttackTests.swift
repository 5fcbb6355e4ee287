import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// What of the host a process in a container can get hold of through the runtime that makes or joins it: its program, its
/// descriptors, its working directory, its memory.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct ReachAttackTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// The runtime as a file of the test's own, so that an attack that worked would break no other test.
    private func copy(of program: String, _ name: String) throws -> String {
        let path = "\(engine.place)/\(name)"
        try #require(try ProcessPlan("cp", [program, path]).spawn().wait().succeeded)
        return path
    }

    private func digest(_ path: String) throws -> [UInt8] { try SystemFile.bytes(of: path) }

    /// Opens whatever program of that name comes into sight, and writes to it once it is no longer busy.
    private static func thief(of name: String) -> String {
        """
        while :; do for p in /proc/[0-9]*; do case $(readlink $p/exe) in *\(name)*)
        if exec 9< $p/exe; then echo caught; true > /tmp/caught; n=0; while [ $n -lt 300 ]; do n=$((n+1))
        if (echo pwned > /proc/self/fd/9) 2>/dev/null; then echo overwritten; break; fi; sleep 0.01; done; echo tried; fi;; esac; done; done
        """
    }

    private static let tracer = ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETUID", "CAP_SETGID"]

    private func mayTrace(_ configuration: inout RuntimeConfiguration) {
        configuration.process?.capabilities = .init(
            bounding: Self.tracer, effective: Self.tracer, permitted: Self.tracer)
    }

    /// CVE-2019-5736: the image's program is the runtime itself (`/proc/self/exe`, or a script whose interpreter it is), so
    /// that it runs where the container can see it and write to it afterwards. With CAP_SYS_PTRACE, to make it as easy as
    /// can be. Against a program that enters naively it works.
    @Test func ownProgramOverwritten() throws {
        try SystemFile.makeDirectories(engine.place + "/naive")
        let naive = try copy(of: try #require(TestHost.busybox), "naive/busybox")
        symlink("/proc/self/exe", engine.rootfs + "/bin/self")
        // The naive program is busybox, which goes by its name.
        symlink("/proc/self/exe", engine.rootfs + "/data/busybox")
        try engine.write("#!/proc/self/exe\n", to: engine.rootfs + "/bin/script", mode: 0o755)
        if TestHost.has("nsenter") {
            let victim = try engine.started(Self.thief(of: "naive")) { mayTrace(&$0) }
            let pid = try #require(try victim.state().pid)
            // It joins, and stays a part of the container until it is caught: the thief needs no race.
            let stay = "n=0; while ! test -e /tmp/caught && test $n -lt 500; do n=$((n+1)); sleep 0.1; done"
            _ = try engine.run([naive, "nsenter", "-t", "\(pid)", "-m", "-p", "/data/busybox", "sh", "-c", stay])
            try victim.awaitOutput("tried")
            #expect(victim.streams.output.contains("overwritten"), "the negative control does not attack")
            #expect(Engine.text(naive) == "pwned\n")
            try victim.remove()
        }

        let runtime = try copy(of: Engine.program, "runtime-copy")
        let before = try digest(runtime)
        let container = try engine.started(Self.thief(of: "runtime-copy")) { mayTrace(&$0) }
        for words in [["/bin/self", "--version"], ["/bin/self", "events", "x"], ["/bin/script"], ["/bin/true"]] {
            for _ in 0..<10 { _ = try engine.run([runtime, "--root", engine.root, "exec", container.id] + words) }
        }
        for program in ["/bin/self", "/bin/script"] {
            let bundle = try engine.bundle(engine.configuration("") { $0.process?.arguments = [program, "--help"] })
            _ = try engine.run([runtime, "--root", engine.root, "run", "--bundle", bundle, engine.name()])
        }
        #expect(!container.streams.output.contains("overwritten"))
        #expect(try digest(runtime) == before)
        try container.remove()
    }

    /// CVE-2024-21626: a working directory of /proc/self/fd/N would be the host's directory behind a descriptor the runtime
    /// left open. For every N, for the first process and for a joining one. Naive: it works.
    @Test func workingDirectoryByDescriptor() throws {
        let naive = try engine.shell(
            "cd /; exec 7< /; exec unshare -m --propagation private sh -c 'chroot \(engine.rootfs) /bin/sh -c \"mount -t proc proc /proc; cd /proc/self/fd/7 && test -e etc/passwd && echo out\"'"
        )
        #expect(naive.output == "out\n", "the negative control does not attack: \(naive.complaints)")

        let container = try engine.started("exec sleep 1000")
        for number in 0..<40 {
            let path = "/proc/self/fd/\(number)"
            let answer = try engine.run("pwd; ls; cat ../etc/passwd ../../etc/passwd") {
                $0.process?.workingDirectory = path
            }
            #expect(answer.status == 1 || !answer.output.contains("root:"), "\(path): \(answer.output)")
            #expect(answer.output.isEmpty, "\(path): \(answer.output)")
            let joined = try engine.call(
                "exec", "--cwd", path, container.id, "/bin/sh", "-c", "pwd; ls; cat ../etc/passwd ../../etc/passwd")
            #expect(joined.output.isEmpty, "\(path): \(joined.output)")
        }
        // A link of the image's to one is no better.
        symlink("/proc/self/fd/8", engine.rootfs + "/data/here")
        #expect(try engine.run("ls") { $0.process?.workingDirectory = "/data/here" }.output.isEmpty)
        try container.remove()
    }

    /// CVE-2024-21626 by the descriptors themselves: neither a program's first instruction nor a waiting container's process has
    /// one of the host's: standard streams, and before the start the two FIFOs of the start, which lead nowhere. Naive: what
    /// the engine had open is open inside.
    @Test func descriptors() throws {
        try engine.write("the host's\n", to: "mark")
        let look = "cat /proc/self/fd/5/mark; cat <&6"
        let naive = try engine.shell(
            "exec 5< $place 6< $place/mark; exec unshare -m --propagation private chroot \(engine.rootfs) /bin/sh -c 'mount -t proc proc /proc; \(look)'"
        )
        #expect(naive.output == "the host's\nthe host's\n", "the negative control does not attack: \(naive.complaints)")
        let tried = try engine.bundle(engine.configuration(look + "; ls /proc/self/fd | wc -l"))
        let ours = try engine.shell("exec 5< $place 6< $place/mark; $runtime run --bundle \(tried) \(engine.name())")
        // The three streams, and the directory that ls itself reads.
        #expect(ours.output == "4\n", "\(ours.complaints)")

        // The engine's own are not passed on either.
        let bundle = try engine.bundle(engine.configuration("ls -l /proc/self/fd; exec sleep 1000"))
        let id = engine.name()
        let answer = try engine.shell(
            "exec 5< / 6< /etc/passwd 7> $place/seven; $runtime create --bundle \(bundle) \(id)")
        #expect(answer.status == 0, "\(answer.complaints)")
        let state = try ContainerState(json: Array(try engine.call("state", id).output.utf8))
        let pid = try #require(state.pid)
        let open = try SystemFile.names(in: "/proc/\(pid)/fd").map { try Procfs.readLink("/proc/\(pid)/fd/\($0)") }
        #expect(open.filter { !$0.hasPrefix(engine.place + "/") }.isEmpty, "\(open)")
        #expect(open.count == 5)
        #expect(Set(open).isSuperset(of: ["\(engine.root)/\(id)/start", "\(engine.root)/\(id)/report"]))
        #expect(try Procfs.readLink("/proc/\(pid)/cwd").hasPrefix("/"))
        // Another process of the container cannot look at it: its memory is the runtime's still.
        let peek = try engine.call(
            "exec", id, "/bin/sh", "-c",
            "for f in /proc/1/fd/*; do readlink $f; done; cat /proc/1/environ; readlink /proc/1/exe; echo x > /proc/1/mem"
        )
        #expect(peek.output.isEmpty, "\(peek.output)")
        #expect(try engine.call("state", id).output.contains("created"))
        // Nor write to a memory that is the host's.
        #expect(try engine.call("delete", "--force", id).status == 0)
    }

    /// What a process that joins offers to somebody in the container who may trace it, beyond what he has himself.
    private func booty(_ pid: Int32, beside first: Int32) throws -> Set<String> {
        func capabilities(_ pid: Int32) -> [Substring] {
            Engine.text("/proc/\(pid)/status").split(separator: "\n").filter { $0.hasPrefix("Cap") }
        }
        var booty: Set<String> = []
        if capabilities(pid) != capabilities(first) { booty.insert("capabilities") }
        if try Procfs.namespace("mnt", of: "\(pid)") != Procfs.namespace("mnt", of: "\(first)") {
            booty.insert("mounts")
        }
        for name in try SystemFile.names(in: "/proc/\(pid)/fd") {
            let open = try Procfs.readLink("/proc/\(pid)/fd/\(name)")
            // The streams of the test's own call, and the pipe by which it says what failed.
            if !open.hasPrefix(engine.place + "/"), !open.hasPrefix("pipe:") { booty.insert("descriptor of \(open)") }
        }
        // The engine's own: every call of a test's has its directory there.
        if Engine.text("/proc/\(pid)/environ").contains("place=") { booty.insert("environment") }
        // On a mount that nobody can write through, busy or not.
        let program = Glibc.open("/proc/\(pid)/exe", O_WRONLY | O_TRUNC | O_CLOEXEC)
        if program >= 0 || errno != EROFS { booty.insert("program") }
        if program >= 0 { close(program) }
        return booty
    }

    /// The process in a container's pid namespace that was not there before.
    private func newcomer(beside first: Int32, _ what: String) throws -> Int32 {
        let inside = try Procfs.namespace("pid", of: "\(first)")
        var found: Int32?
        try Eventually.holds("it comes into sight: \(what)") {
            found = try SystemFile.names(in: "/proc").compactMap { Int32($0) }.first {
                $0 != first && (try? Procfs.namespace("pid", of: "\($0)")) == inside
            }
            return found != nil
        }
        return try #require(found)
    }

    /// CVE-2016-9962 and CVE-2019-5736 by way of CAP_SYS_PTRACE: a process that joins comes into sight in the container's pid
    /// namespace. From its first instruction there it has the container's rights only, the container's root and directory,
    /// no descriptor of the host's, and memory of its own: it is not the launcher's, into which a tracer could write. Naive:
    /// with `nsenter` all that is in reach, and a process of the container reads the host's file by it.
    @Test(.enabled(if: TestHost.has("strace") && TestHost.has("nsenter"), "needs strace and nsenter"))
    func joiningProcessInSight() throws {
        try engine.write("the host's\n", to: "mark")
        let container = try engine.started(
            "while :; do for p in /proc/[0-9]*; do read l < $p/fd/5/mark && echo $l; done; done 2>/dev/null"
        ) { mayTrace(&$0) }
        let first = try #require(try container.state().pid)
        let (naive, naiveStreams) = try engine.begin([
            "/bin/sh", "-c", "exec 5< $place; exec nsenter -t \(first) -p \(engine.rootfs)/bin/busybox sleep 1000",
        ])
        let careless = try newcomer(beside: first, naiveStreams.complaints)
        try container.awaitOutput("the host's")
        // All of it once nsenter has executed its program.
        let all: Set = ["capabilities", "mounts", "program", "environment", "descriptor of \(engine.place)"]
        try Eventually.holds("the negative control attacks") { try booty(careless, beside: first) == all }
        Glibc.kill(careless, SIGKILL)
        _ = try naive.wait(for: "nsenter", within: 60)
        // Another file: who has the former one open reads that.
        try SystemFile.replace(engine.place + "/mark", with: Array("not to be had\n".utf8))

        let held = try HeldJoin(container, ["/bin/sleep", "0"])
        let found = try booty(held.pid, beside: first)
        #expect(found.isEmpty, "\(found)")
        try held.letGo()
        #expect(try held.end() == 0, "\(held.streams.complaints)")
        #expect(!container.streams.output.contains("not to be had"))
        // The process was made without CLONE_VM by one that the container cannot see.
        let trace = engine.place + "/trace"
        _ = try engine.shell("strace -f -qq -o \(trace) -e signal=none $runtime exec \(container.id) /bin/sleep 0")
        let making = Engine.text(trace).split(separator: "\n").filter {
            $0.contains("clone(") || $0.contains("CLONE_PARENT")
        }
        #expect(making.count == 1, "\(making)")
        #expect(making.first?.contains("CLONE_PARENT") == true)
        #expect(making.first?.contains("CLONE_VM") == false)
        #expect(try container.execute("exit 6").status == 6)
        #expect(try engine.call("exec", container.id, "/bin/missing").complaints.lowercased().contains("no such file"))
        try container.remove()
    }

    /// Whether a container's first process can be made out of sight in a pid namespace of others.
    private static let makesOutOfSight = Procfs.takesNamespace
    private static let reason: Comment = "[host] procfs here shows its maker's pid namespace only (before Linux 6.18)"

    private func shares(_ first: Int32, _ configuration: inout RuntimeConfiguration) {
        mayTrace(&configuration)
        configuration.linux?.namespaces.removeAll { $0.kind == .pid }
        configuration.linux?.namespaces.append(.init(.pid, path: "/proc/\(first)/ns/pid"))
    }

    /// The same of the first process of a container that is given another's pid namespace: it comes into sight there with the
    /// container's rights only, in a mount namespace of its own that is not the host's.
    @Test(.enabled(if: makesOutOfSight, reason)) func firstProcessInSight() throws {
        let other = try engine.started("exec sleep 1000") { mayTrace(&$0) }
        let first = try #require(try other.state().pid)
        let container = try engine.created("tr '\\0' ' ' < /proc/1/cmdline; exec sleep 1000") { shares(first, &$0) }
        let pid = try #require(try container.state().pid)
        #expect(try newcomer(beside: first, "it was created") == pid)
        #expect(try booty(pid, beside: first) == ["mounts"])
        #expect(try Procfs.namespace("mnt", of: "\(pid)") != Procfs.namespace("mnt"))
        #expect(container.status == .created)
        #expect(try container.call("start").status == 0)
        try container.awaitOutput("sleep 1000 ")
        #expect(container.status == .running)
        #expect(try container.execute("echo joined").output == "joined\n")
        try container.remove()
        #expect(other.status == .running)

        // What fails at the end of the launch is told as ever, and leaves nothing.
        let answer = try engine.run("true") {
            shares(first, &$0)
            $0.hooks = .init(startContainer: [.init(path: "/bin/busybox", arguments: ["sh", "-c", "exit 3"])])
        }
        #expect(answer.status == 1)
        #expect(answer.complaints.contains("exit status 3"), "\(answer.complaints)")
        #expect(try engine.run("echo ran; exit 5") { shares(first, &$0) }.status == 5)
        try other.remove()
    }

    /// The same with a terminal, and in a user namespace that belongs to the other container.
    @Test(.enabled(if: makesOutOfSight, reason)) func firstProcessInSightOfOthers() throws {
        func map(_ configuration: inout RuntimeConfiguration) {
            configuration.linux?.namespaces.append(.init(.user))
            configuration.linux?.uidMappings = [.init(containerID: 0, hostID: 300_000, size: 65_536)]
            configuration.linux?.gidMappings = [.init(containerID: 0, hostID: 300_000, size: 65_536)]
            configuration.linux?.sysctl = [:]
        }
        let other = try engine.started("exec sleep 1000") {
            mayTrace(&$0)
            map(&$0)
        }
        let first = try #require(try other.state().pid)
        let container = try engine.created("tr '\\0' ' ' < /proc/1/cmdline; exec sleep 1000") {
            shares(first, &$0)
            $0.linux?.namespaces.append(.init(.user, path: "/proc/\(first)/ns/user"))
            $0.linux?.sysctl = [:]
        }
        let pid = try #require(try container.state().pid)
        #expect(try newcomer(beside: first, "it was created") == pid)
        #expect(try booty(pid, beside: first) == ["mounts"])
        #expect(try Procfs.namespace("user", of: "\(pid)") == Procfs.namespace("user", of: "\(first)"))
        #expect(try ForeignMemory(pid: pid).mappings().filter { $0.name == "[heap]" }.isEmpty)
        #expect(try container.call("start").status == 0)
        try container.awaitOutput("sleep 1000 ")
        #expect(try container.execute("echo joined").output == "joined\n")
        let onTerminal = try engine.run("tty; exit 6") {
            shares(first, &$0)
            $0.linux?.namespaces.append(.init(.user, path: "/proc/\(first)/ns/user"))
            $0.linux?.sysctl = [:]
            $0.process?.terminal = true
        }
        #expect(onTerminal.output == "/dev/pts/0\r\n", "\(onTerminal.complaints)")
        #expect(onTerminal.status == 6)
        try container.remove()

        // With a user namespace of its own.
        let stranger = try engine.created("tr '\\0' ' ' < /proc/1/cmdline; id -u; exec sleep 1000") {
            shares(first, &$0)
            $0.linux?.namespaces.append(.init(.user))
            $0.linux?.uidMappings = [.init(containerID: 0, hostID: 400_000, size: 65_536)]
            $0.linux?.gidMappings = [.init(containerID: 0, hostID: 400_000, size: 65_536)]
            $0.linux?.sysctl = [:]
        }
        let strangers = try #require(try stranger.state().pid)
        #expect(try Procfs.namespace("pid", of: "\(strangers)") == Procfs.namespace("pid", of: "\(first)"))
        #expect(try booty(strangers, beside: first) == ["mounts"])
        #expect(try ForeignMemory(pid: strangers).mappings().filter { $0.name == "[heap]" }.isEmpty)
        #expect(try stranger.call("start").status == 0)
        try stranger.awaitOutput("sleep 1000 0")
        try stranger.remove()
        try other.remove()
    }

    /// Without CAP_SYS_PTRACE the joining process can be seen and not looked into.
    @Test(.enabled(if: TestHost.has("strace"), "needs strace")) func joiningProcessOutOfReach() throws {
        let container = try engine.started(
            """
            while :; do for p in /proc/[0-9]*; do [ $p = /proc/$$ ] && continue
            for f in exe cwd root fd/0; do readlink $p/$f | grep -v busybox; done; done; echo round >> /tmp/rounds; done 2>/dev/null
            """)
        let answer = try engine.run([
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", "signal=none", "-e", "inject=capset:delay_enter=500000",
            Engine.program, "--root", engine.root, "exec", container.id, "/bin/true",
        ])
        #expect(answer.status == 0, "\(answer.complaints)")
        try Eventually.holds("it has looked") { Engine.text(engine.rootfs + "/tmp/rounds").utf8.count > 20 }
        let found = Set(container.streams.output.split(separator: "\n").map(String.init))
        #expect(found.filter { $0.contains("isolab") && !$0.contains(engine.place) }.isEmpty, "\(found)")
        try container.remove()
    }
}
