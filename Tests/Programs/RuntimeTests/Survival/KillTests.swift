import Glibc
import Linux
import OCI
import Testing

/// A runtime that is killed at any instant leaves a truth behind, and everything can be freed.
///
/// strace(1) kills the program as it enters a system call, one after the other of all it makes: between two of them nothing
/// changes that anybody could see. Calls that only ask are left out: what is killed there is killed at the next that does.
@Suite(.enabled(if: TestHost.canRun && TestHost.has("strace"), "needs root, busybox-static and strace"), .serialized)
struct KillTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// Everything a creation can be asked for that makes something: hooks, mounts of all kinds, a console, limits.
    private func configuration(_ script: String = "exec sleep 1000") throws -> RuntimeConfiguration {
        let shared = engine.place + "/shared"
        try SystemFile.makeDirectories(shared)
        try engine.write("127.0.0.1 localhost\n", to: engine.rootfs + "/etc/hosts")
        return engine.configuration(script) {
            $0.mounts.append(.init(destination: "/mnt/a", type: "bind", source: shared, options: ["rbind", "ro"]))
            $0.mounts.append(.init(destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]))
            $0.hostname = "box"
            $0.process?.noNewPrivileges = true
            if TestHost.hasController("memory") { $0.linux?.resources?.memory = .init(limit: 64 << 20) }
            let hook = RuntimeConfiguration.Hook(path: "/bin/true")
            $0.hooks = .init(createRuntime: [hook], createContainer: [hook], poststop: [hook])
        }
    }

    /// A system call of a command: its name, and how many of that name have been made with it.
    private struct Instant: CustomStringConvertible {
        let call: String
        let number: Int

        var description: String { "\(call) \(number)" }
    }

    private static let questions: Set<String> = [
        "access", "brk", "execve", "faccessat2", "fstatfs", "getcwd", "getdents64", "getegid", "geteuid", "getgid",
        "getpid",
        "getrandom", "getsockname", "gettid", "getuid", "lseek", "mprotect", "newfstatat", "prlimit64", "readlink",
        "readlinkat", "rseq", "rt_sigaction", "set_robust_list", "set_tid_address", "statfs", "uname", "prctl",
        "arch_prctl",
    ]

    /// The instants of a command, from a trace of one that gets through.
    private func instants(_ words: [String]) throws -> [Instant] {
        let file = engine.place + "/trace"
        let answer = try engine.run(["strace", "-qqq", "-o", file, Engine.program, "--root", engine.root] + words)
        try #require(answer.status == 0, "\(answer.complaints)")
        var numbers: [String: Int] = [:]
        return Engine.text(file).split(separator: "\n").compactMap { line in
            guard line.contains("(") else { return nil }
            let call = String(line.prefix { $0 != "(" })
            numbers[call, default: 0] += 1
            return Self.questions.contains(call) ? nil : Instant(call: call, number: numbers[call] ?? 1)
        }
    }

    /// Runs a command of the runtime that is killed at an instant.
    ///
    /// - Returns: whether it died; how often some calls are made differs from time to time.
    private func dies(_ words: [String], at instant: Instant) throws -> Bool {
        let answer = try engine.run(
            [
                "strace", "-qqq", "-o", "/dev/null", "-e", "signal=none",
                "-e", "inject=\(instant.call):signal=KILL:when=\(instant.number)", Engine.program, "--root",
                engine.root,
            ] + words)
        if answer.status == 128 + SIGKILL { return true }
        #expect(answer.status == 0, "\(words) at \(instant): \(answer.complaints)")
        return false
    }

    /// What `state` and `list` say is what the kernel says.
    private func checkTruth(_ id: String, at instant: Instant) throws -> ContainerState.Status? {
        // Its child dies with the one that creates, which takes a moment.
        for _ in 0..<500 {
            guard try engine.call("state", id).output.contains("\"creating\"") else { break }
            usleep(20_000)
        }
        let listed = try engine.call("list", "--format", "json")
        #expect(listed.status == 0, "instant \(instant): \(listed.complaints)")
        let answer = try engine.call("state", id)
        guard answer.status == 0 else {
            #expect(answer.complaints.contains("does not exist"), "instant \(instant): \(answer.complaints)")
            #expect(!listed.output.contains("\"\(id)\""))
            return nil
        }
        let state = try ContainerState(json: Array(answer.output.utf8))
        #expect(listed.output.contains("\"\(id)\""))
        let alive = state.pid.map { (try? Procfs.status(of: $0).state).map { $0 != "Z" } ?? false } ?? false
        switch state.status {
        case .created, .running, .paused:
            // What ran when it was asked for may have ended since; what waits for its start has no reason to.
            let hasEnded =
                try !alive && state.status != .created && engine.call("state", id).output.contains("\"stopped\"")
            #expect(alive || hasEnded, "instant \(instant): \(state.status), and no process \(state.pid ?? 0)")
        case .stopped: #expect((state.pid ?? 0) == 0)
        case .creating: Issue.record("instant \(instant): whoever created it is dead, and it is still being created")
        }
        return state.status
    }

    /// All of it can be freed.
    private func checkRemoval(_ id: String, at instant: Instant) throws {
        let answer = try engine.call("delete", "--force", id)
        #expect(answer.status == 0, "instant \(instant): \(answer.complaints)")
        #expect(engine.traces(of: id) == [], "instant \(instant)")
        #expect(try engine.call("state", id).complaints.contains("does not exist"))
    }

    /// `create`, at every system call it makes.
    @Test func creation() throws {
        let bundle = try engine.bundle(try configuration())
        let first = engine.name()
        let instants = try instants(["create", "--bundle", bundle, first])
        try engine.call("delete", "--force", first)
        var seen: [String: Int] = [:]
        for (place, instant) in instants.enumerated() {
            let id = engine.name()
            let died = try dies(["create", "--bundle", bundle, id], at: instant)
            let status = try checkTruth(id, at: instant)
            if died { seen[status?.rawValue ?? "none", default: 0] += 1 }
            if status == .created, place % 4 == 0 || !died {
                let answer = try engine.call("start", id)
                #expect(answer.status == 0, "instant \(instant): \(answer.complaints)")
                #expect(try checkTruth(id, at: instant) == .running)
            }
            try checkRemoval(id, at: instant)
        }
        print("create: killed at \(seen.values.reduce(0, +)) instants; then \(seen)")
        #expect(Set(seen.keys) == ["none", "stopped", "created"])
    }

    /// `start`: what was created either still is, and can be started, or runs.
    @Test func start() throws {
        let bundle = try engine.bundle(try configuration())
        let first = engine.name()
        try engine.call("create", "--bundle", bundle, first)
        let instants = try instants(["start", first])
        try engine.call("delete", "--force", first)
        var seen: [String: Int] = [:]
        for instant in instants {
            let id = engine.name()
            #expect(try engine.call("create", "--bundle", bundle, id).status == 0)
            let died = try dies(["start", id], at: instant)
            var status = try checkTruth(id, at: instant)
            if died { seen[status?.rawValue ?? "none", default: 0] += 1 }
            if status == .created {
                #expect(try engine.call("start", id).status == 0, "\(instant)")
                status = try checkTruth(id, at: instant)
            }
            #expect(status == .running)
            try checkRemoval(id, at: instant)
        }
        print("start: killed at \(seen.values.reduce(0, +)) instants; then \(seen)")
        #expect(Set(seen.keys) == ["created", "running"])
    }

    /// `delete --force` of a container that runs: it can be done again.
    @Test func deletion() throws {
        let bundle = try engine.bundle(try configuration())
        let first = engine.name()
        try engine.call("run", "--detach", "--bundle", bundle, first)
        let instants = try instants(["delete", "--force", first])
        var seen: [String: Int] = [:]
        // How often it looks for the dying differs from time to time: one in two is enough of the many.
        for (place, instant) in instants.enumerated() where place % 2 == 0 || instants.count < 150 {
            let id = engine.name()
            #expect(try engine.call("run", "--detach", "--bundle", bundle, id).status == 0)
            let died = try dies(["delete", "--force", id], at: instant)
            let status = try checkTruth(id, at: instant)
            if died { seen[status?.rawValue ?? "none", default: 0] += 1 }
            try checkRemoval(id, at: instant)
        }
        print("delete: killed at \(seen.values.reduce(0, +)) instants; then \(seen)")
        #expect(Set(seen.keys).isSuperset(of: ["none", "running", "stopped"]))
    }

    /// `run`: as `create`, and what runs goes on.
    @Test func run() throws {
        let bundle = try engine.bundle(try configuration("exit 0"))
        let instants = try instants(["run", "--bundle", bundle, engine.name()])
        var seen: [String: Int] = [:]
        for (place, instant) in instants.enumerated() where place % 3 == 0 {
            let id = engine.name()
            let died = try dies(["run", "--bundle", bundle, id], at: instant)
            let status = try checkTruth(id, at: instant)
            if died { seen[status?.rawValue ?? "none", default: 0] += 1 }
            try checkRemoval(id, at: instant)
        }
        print("run: killed at \(seen.values.reduce(0, +)) instants; then \(seen)")
        #expect(Set(seen.keys).isSuperset(of: ["none", "stopped"]))
    }

    /// The other way round: the container's process is killed (as the kernel does for want of memory) at each of the calls
    /// that only it makes. The launch fails, says so, and leaves nothing.
    @Test(arguments: [
        "setsid", "sethostname", "pivot_root", "move_mount", "open_tree", "mount_setattr", "mount", "mknodat",
        "symlinkat",
        "fsopen", "fsmount", "sendfile", "umount2", "openat2", "setresuid", "setgroups", "capset",
    ])
    func childThatDies(call: String) throws {
        let bundle = try engine.bundle(
            try configuration().changed { $0.process?.arguments = ["/bin/true"] })
        var instant = 1
        while true {
            let id = engine.name()
            let answer = try engine.run([
                "strace", "-f", "-qqq", "-o", "/dev/null", "-e", "signal=none",
                "-e", "inject=\(call):signal=KILL:when=\(instant)", Engine.program, "--root", engine.root, "run",
                "--bundle", bundle, id,
            ])
            if answer.status == 0 { break }
            if answer.status != 128 + SIGKILL {
                #expect(answer.complaints.contains("killed by signal 9"), "\(call) \(instant): \(answer.complaints)")
                #expect(answer.complaints.contains("step "))
                #expect(engine.traces(of: id) == [], "\(call) \(instant)")
            } else {
                // It was the runtime that made the call.
                try checkRemoval(id, at: Instant(call: call, number: instant))
            }
            instant += max(1, instant / 4)
        }
        #expect(instant > 1, "nobody makes the call \(call)")
    }
}

extension RuntimeConfiguration {
    fileprivate func changed(_ change: (inout RuntimeConfiguration) -> Void) -> RuntimeConfiguration {
        var copy = self
        change(&copy)
        return copy
    }
}
