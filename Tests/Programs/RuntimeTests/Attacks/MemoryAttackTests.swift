import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// The memory of the runtime on the host: nobody in a container reaches it through a process that the runtime brings to life
/// there, whatever gives him the right to look into that one.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct MemoryAttackTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// The negative control, as `exec` was: a child that shares its launcher's memory and stands in the container's pid namespace.
    /// A process that an earlier `exec` gave CAP_SYS_PTRACE writes to the launcher, which is this test.
    @Test func childThatSharesMemory() throws {
        let container = try engine.started("exec sleep 1000")
        let first = try #require(try container.state().pid)
        let mark = UnsafeMutablePointer<UInt8>.allocate(capacity: 8)
        mark.initialize(repeating: 0x2E, count: 8)
        defer { mark.deallocate() }
        let namespace = try OwnedDescriptor(opening: "/proc/\(first)/ns/pid", O_RDONLY)
        var inputs = ChildProgram.Inputs()
        inputs.joins = [(namespace.number, .pid, "the container")]
        let program = ChildProgram(
            [
                .awaitLauncher(.runtimeHooks),
                .execute(candidates: ["/bin/true"], arguments: ["true"], environment: []),
            ], inputs: inputs)
        var attack: Engine.Answer?
        let child = try program.start(
            namespaces: [], cgroup: -1,
            atStage: { (_: LauncherStage, pid: Int32) throws(SystemError) in
                let status = Engine.text("/proc/\(pid)/status").split(separator: "\n")
                let inside = status.first { $0.hasPrefix("NSpid:") }?.split(separator: "\t").last ?? ""
                attack = try? container.execute(
                    "printf OWNED | dd of=/proc/\(inside)/mem bs=1 conv=notrunc seek=\(UInt(bitPattern: mark))",
                    "--cap",
                    "CAP_SYS_PTRACE")
            })
        close(child.pidfd)
        _ = try ProcessExit.wait(for: child.pid)
        let found = String(decoding: UnsafeBufferPointer(start: mark, count: 8), as: UTF8.self)
        #expect(found == "OWNED...", "the negative control does not attack: \(attack?.complaints ?? "")")
        try container.remove()
    }

    /// How a container, its joining process and its maker can differ.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case plain, userNamespace, timeNamespace, bothNamespaces, sharedProcesses, terminal, filter, ordinaryUser

        var testDescription: String { rawValue }
    }

    private static let user: UInt32 = 54_321

    private func change(_ configuration: inout RuntimeConfiguration, for kind: Kind) {
        func map(_ host: UInt32, _ count: UInt32) {
            configuration.linux?.namespaces.append(.init(.user))
            configuration.linux?.uidMappings = [.init(containerID: 0, hostID: host, size: count)]
            configuration.linux?.gidMappings = [.init(containerID: 0, hostID: host, size: count)]
            // Of groups that have no number there.
            configuration.linux?.sysctl = [:]
        }
        switch kind {
        case .plain, .terminal: break
        case .userNamespace: map(300_000, 65_536)
        case .timeNamespace: configuration.linux?.namespaces.append(.init(.time))
        case .bothNamespaces:
            map(300_000, 65_536)
            configuration.linux?.namespaces.append(.init(.time))
        case .sharedProcesses: configuration.linux?.namespaces.removeAll { $0.kind == .pid }
        case .filter:
            // Without no_new_privs it is in force before the process is made, and forbids to make any.
            configuration.linux?.seccomp = SeccompProfile(
                defaultAction: .allow, systemCalls: [.init(["clone", "clone3", "fork", "vfork", "setsid"], .errno)])
        case .ordinaryUser:
            map(Self.user, 1)
            configuration.mounts.removeAll { $0.type == "cgroup" || $0.type == "mqueue" }
            for index in configuration.mounts.indices {
                configuration.mounts[index].options.removeAll { $0.hasPrefix("gid=") }
            }
        }
    }

    /// Every process that was not there before and has the container's program to run, before it runs it.
    private func newcomer(beside first: Int32, _ what: @autoclosure () -> String) throws -> Int32 {
        let inside = try Procfs.namespace("mnt", of: "\(first)")
        var found: Int32?
        try Eventually.holds("it comes into sight: \(what())") {
            found = try SystemFile.names(in: "/proc").compactMap { Int32($0) }.first { pid in
                // The one that joins is its launcher's child and shares its memory; the one in sight is another.
                pid != first && (try? Procfs.namespace("mnt", of: "\(pid)")) == inside
                    && Engine.text("/proc/\(pid)/syscall").hasPrefix(Self.execve)
            }
            return found != nil
        }
        return try #require(found)
    }

    #if arch(x86_64)
        private static let execve = "59 "
    #else
        private static let execve = "221 "
    #endif

    private func parent(of pid: Int32) throws -> Int32 {
        let line = Engine.text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("PPid:") }
        return try #require(line?.split(separator: "\t").last.flatMap { Int32($0) })
    }

    /// What the container sees of `exec` has nothing of the launcher's memory, and nothing written to it reaches the launcher. And
    /// the launcher is nobody's to look into who has no right over the host.
    @Test(
        .enabled(if: TestHost.has("strace") && TestHost.has("setpriv"), "needs strace and setpriv"),
        arguments: Kind.allCases)
    func memoryOfAJoiningProcess(kind: Kind) throws {
        let own = kind == .ordinaryUser ? engine.place + "/user" : engine.place
        if kind == .ordinaryUser {
            try SystemFile.makeDirectories(own)
            chown(own, Self.user, Self.user)
            chmod(engine.rootfs, 0o777)
            _ = try engine.run(["chown", "-R", "\(Self.user):\(Self.user)", engine.rootfs])
        }
        let root = own + "/root-of-the-state"
        let user =
            kind == .ordinaryUser
            ? "env XDG_RUNTIME_DIR=\(own) setpriv --reuid \(Self.user) --regid \(Self.user) --clear-groups" : "env"
        let bundle = try engine.bundle(engine.configuration("exec sleep 1000") { change(&$0, for: kind) })
        let id = engine.name()
        let runtime = "\(Engine.program) --root \(root)"
        let (runner, runs) = try engine.begin(["/bin/sh", "-c", "exec \(user) \(runtime) run --bundle \(bundle) \(id)"])
        defer {
            _ = try? engine.shell("\(user) \(runtime) delete --force \(id)")
            _ = try? runner.wait(for: "run", within: 60)
        }
        var first: Int32?
        try Eventually.holds("it runs: \(runs.complaints)") {
            let answer = try engine.shell("\(user) \(runtime) state \(id)")
            guard answer.status == 0 else { return false }
            let state = try ContainerState(json: Array(answer.output.utf8))
            first = state.pid
            return state.status == .running
        }
        let trace = "strace -f -qq -o /dev/null -e signal=none -e inject=execve:delay_enter=60000000:when=1"
        let (process, streams) = try engine.begin([
            "/bin/sh", "-c",
            "exec \(user) \(trace) \(runtime) exec \(kind == .terminal ? "--tty" : "") \(id) /bin/sleep 0",
        ])
        let pid = try newcomer(beside: try #require(first), streams.complaints)
        defer {
            kill(pid, SIGKILL)
            // Its tracer holds even what is dead until its time is up.
            try? process.kill()
            _ = try? process.wait(for: "exec", within: 60)
        }
        let launcher = try parent(of: pid)
        #expect(Engine.text("/proc/\(launcher)/cmdline").contains(root))
        let memory = ForeignMemory(pid: pid)
        #expect(try memory.mappings().filter { $0.name == "[heap]" || $0.name == "[stack]" }.isEmpty)
        #expect(try ForeignMemory(pid: launcher).holds(root), "the search finds nothing anywhere")
        #expect(try !memory.holds(root))
        for descriptor in try SystemFile.names(in: "/proc/\(pid)/fd") {
            let open = try Procfs.readLink("/proc/\(pid)/fd/\(descriptor)")
            #expect(
                open.hasPrefix(engine.place + "/") || open.hasPrefix("pipe:") || open.hasPrefix("/dev/pts"), "\(open)")
        }
        let places = try memory.overwrite()
        #expect(!places.isEmpty)
        #expect(try memory.holdsPattern(at: places))
        #expect(try !ForeignMemory(pid: launcher).holdsPattern(at: places))
        // Of a process whose memory may be dumped they are its user's.
        var status = stat()
        #expect(stat("/proc/\(launcher)/mem", &status) == 0 && status.st_uid == 0)
        #expect(stat("/proc/\(pid)/mem", &status) == 0 && status.st_uid == 0)
    }

    /// A startContainer hook is a program of the image's, and the container's first process beside which it runs has still the
    /// memory it was made with: none of the runtime that waits for the container.
    @Test func memoryBesideAHook() throws {
        let bundle = try engine.bundle(
            engine.configuration("exit 4") {
                $0.hooks = .init(startContainer: [
                    .init(path: "/bin/sh", arguments: ["sh", "-c", "echo > /tmp/here; exec sleep 1000"])
                ])
            })
        let id = engine.name()
        let (process, streams) = try engine.begin([
            Engine.program, "--root", engine.root, "run", "--bundle", bundle, id,
        ])
        try Eventually.holds("the hook runs: \(streams.complaints)") {
            SystemFile.exists(engine.rootfs + "/tmp/here")
        }
        let first = try #require(try ContainerState(json: Array(try engine.call("state", id).output.utf8)).pid)
        let places = try ForeignMemory(pid: first).overwrite()
        #expect(!places.isEmpty)
        #expect(try !ForeignMemory(pid: process.pid).holdsPattern(at: places))
        kill(first, SIGKILL)
        #expect(try process.wait(for: "run", within: 60).ending == .exited(1))
        #expect(streams.complaints.contains("killed before its program could run"), "\(streams.complaints)")
        #expect(engine.traces(of: id) == [])
    }
}
