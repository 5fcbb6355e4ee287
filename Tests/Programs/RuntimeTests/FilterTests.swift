import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// config-linux.md, "Seccomp".
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct FilterTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    private static let native: [SeccompProfile.Architecture] = {
        #if arch(x86_64)
            [.x86_64]
        #else
            [.aarch64]
        #endif
    }()

    private func profile(_ rules: [SeccompProfile.Rule], flags: [String] = []) -> SeccompProfile {
        SeccompProfile(
            defaultAction: .allow, architectures: Self.native, flags: flags, systemCalls: rules)
    }

    /// ERRNO with a number, with and without no_new_privs, and of joining processes as well.
    @Test(arguments: [true, false]) func errorNumber(noNewPrivileges: Bool) throws {
        let container = try engine.started("mkdir /tmp/x; grep Seccomp: /proc/self/status; exec sleep 1000") {
            $0.process?.noNewPrivileges = noNewPrivileges
            $0.linux?.seccomp = profile([.init(["mkdir", "mkdirat"], .errno, errorNumber: UInt32(EMFILE))])
        }
        try container.awaitOutput("Seccomp:\t2")
        #expect(container.streams.complaints.contains("'/tmp/x': Too many open files"))
        #expect(try container.execute("mkdir /tmp/y").complaints.contains("Too many open files"))
        try container.remove()
    }

    /// KILL_PROCESS ends with SIGSYS; a condition on an argument decides.
    @Test func killAndCondition() throws {
        let killed = try engine.run("mkdir /tmp/x; exit 5") {
            $0.process?.arguments = ["/bin/mkdir", "/tmp/x"]
            $0.linux?.seccomp = profile([.init(["mkdir", "mkdirat"], .killProcess)])
        }
        #expect(killed.status == 128 + SIGSYS)
        let answer = try engine.run("kill -USR1 1 && echo user; kill -USR2 1 || echo refused") {
            $0.process?.arguments = [
                "/bin/sh", "-c", "trap '' USR1 USR2; kill -10 $$ && echo one; kill -12 $$ || echo two",
            ]
            $0.linux?.seccomp = profile([
                .init(["kill"], .errno, errorNumber: 1, when: [.init(argument: 1, .equal, 12)])
            ])
        }
        #expect(answer.output == "one\ntwo\n", "\(answer.complaints)")
    }

    /// Docker's whole profile: a container under it works.
    @Test func dockerProfile() throws {
        let answer = try engine.run("unshare -U true; grep Seccomp: /proc/self/status") {
            $0.linux?.seccomp = profile(
                [
                    .init(["unshare", "clone3", "setns", "mount"], .errno, errorNumber: 1)
                ], flags: ["SECCOMP_FILTER_FLAG_LOG"])
        }
        #expect(answer.output == "Seccomp:\t2\n")
        #expect(answer.complaints.contains("not permitted"))
    }

    /// A filter that knows nothing of clone3 does not keep a process from joining that is made out of sight.
    @Test(arguments: [true, false]) func filterOfJoiningProcess(noNewPrivileges: Bool) throws {
        let container = try engine.started("exec sleep 1000") {
            $0.process?.noNewPrivileges = noNewPrivileges
            $0.process?.capabilities?.bounding.append("CAP_SYS_PTRACE")
            $0.linux?.seccomp = profile([
                .init(["clone3"], .errno, errorNumber: UInt32(ENOSYS)),
                .init(["mkdir", "mkdirat"], .errno, errorNumber: UInt32(EMFILE)),
            ])
        }
        let answer = try container.execute("echo joined; mkdir /tmp/x; exit 4")
        #expect(answer.status == 4)
        #expect(answer.output == "joined\n")
        #expect(answer.complaints.contains("Too many open files"))
        try container.remove()
    }

    /// NOTIFY: the agent gets the filter's descriptor with the container's process state, and its answer is the call's.
    @Test func notification() throws {
        let path = engine.place + "/agent"
        let listener = UnixSocket.listen(path)
        try #require(listener >= 0)
        defer { close(listener) }
        let (container, answer) = try engine.create(
            engine.configuration("mkdir /tmp/x; exec sleep 1000") {
                $0.annotations = ["a": "b"]
                var filter = profile([.init(["mkdir", "mkdirat"], .notify)])
                filter.listenerPath = path
                filter.listenerMetadata = "meta \"data\""
                $0.linux?.seccomp = filter
            })
        #expect(answer.status == 0, "\(answer.complaints)")
        let connection = accept(listener, nil, nil)
        try #require(connection >= 0)
        defer { close(connection) }
        var message = [UInt8](repeating: 0, count: 65536)
        let (descriptor, count) = UnixSocket.receive(over: connection, into: &message)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let state = try ContainerProcessState(json: Array(message.prefix(count)))
        #expect(state.fds == ["seccompFd"])
        #expect(state.metadata == "meta \"data\"")
        #expect(state.state.id == container.id)
        #expect(state.state.annotations == ["a": "b"])
        #expect(state.state.status == .creating)
        let pid = try #require(try container.state().pid)
        #expect(state.pid == pid)

        #expect(try container.call("start").status == 0)
        let asked = try answerOnce(descriptor, error: EXDEV)
        #expect(asked == pid || asked > pid)
        try Eventually.holds("the call is answered") { container.streams.complaints.contains("ross-device link") }
        try container.remove()
    }

    /// A process that joins is under a filter of its own, whose listener the agent gets as it got the first one's.
    @Test(arguments: [true, false]) func notificationOfExec(noNewPrivileges: Bool) throws {
        let path = engine.place + "/agent"
        let listener = UnixSocket.listen(path)
        try #require(listener >= 0)
        defer { close(listener) }
        func received() throws -> (descriptor: Int32, state: ContainerProcessState) {
            let connection = accept(listener, nil, nil)
            try #require(connection >= 0)
            defer { close(connection) }
            var message = [UInt8](repeating: 0, count: 65536)
            let (descriptor, count) = UnixSocket.receive(over: connection, into: &message)
            try #require(descriptor >= 0)
            return (descriptor, try ContainerProcessState(json: Array(message.prefix(count))))
        }
        let container = try engine.started("exec sleep 1000") {
            var filter = profile([.init(["mkdir", "mkdirat"], .notify)])
            filter.listenerPath = path
            filter.listenerMetadata = "joined"
            $0.linux?.seccomp = filter
            $0.process?.noNewPrivileges = noNewPrivileges
        }
        let first = try received()
        defer { close(first.descriptor) }
        let (process, streams) = try engine.begin(
            [Engine.program, "--root", engine.root, "exec", container.id, "/bin/sh", "-c", "mkdir /tmp/x; exit 5"])
        let second = try received()
        defer { close(second.descriptor) }
        #expect(second.state.metadata == "joined")
        #expect(second.state.state.id == container.id)
        #expect(second.state.state.status == .running)
        #expect(second.state.pid != first.state.pid)
        let asked = try answerOnce(second.descriptor, error: EXDEV)
        #expect(asked >= second.state.pid)
        #expect(try process.wait(for: "exec", within: 60).ending == .exited(5))
        #expect(streams.complaints.contains("ross-device link"), "\(streams.complaints)")
        try container.remove()
    }

    /// Receives one notification and lets its call fail.
    ///
    /// - Returns: the process that called.
    private func answerOnce(_ descriptor: Int32, error: Int32) throws -> Int32 {
        // struct seccomp_notif: id, pid and flags, then struct seccomp_data of 64 bytes; struct seccomp_notif_resp: id,
        // value, error and flags (<linux/seccomp.h>).
        var request = [UInt64](repeating: 0, count: 10)
        let receive = UInt(0xc050_2100)
        let send = UInt(0xc018_2101)
        guard ioctl(descriptor, receive, &request) == 0 else { throw SystemError("ioctl", "SECCOMP_IOCTL_NOTIF_RECV") }
        var response: [UInt64] = [request[0], 0, UInt64(UInt32(bitPattern: -error))]
        guard ioctl(descriptor, send, &response) == 0 else { throw SystemError("ioctl", "SECCOMP_IOCTL_NOTIF_SEND") }
        return Int32(truncatingIfNeeded: request[1] & 0xffff_ffff)
    }

    /// An agent that does not listen, an action without one and an unknown name are refused before anything is left.
    @Test func refusals() throws {
        var absent = profile([.init(["mkdir"], .notify)])
        absent.listenerPath = engine.place + "/nobody"
        for (filter, words) in [(absent, "/nobody"), (profile([.init(["mkdir"], .notify)]), "listenerPath")] {
            let (container, answer) = try engine.create(engine.configuration("true") { $0.linux?.seccomp = filter })
            #expect(answer.status == 1)
            #expect(answer.complaints.contains(words), "\(answer.complaints)")
            #expect(engine.traces(of: container.id) == [])
        }
    }

    /// A listenerPath that no rule needs is ignored, as its warning says: of the first process and of one that joins.
    @Test(arguments: [true, false]) func listenerThatNoRuleNeeds(noNewPrivileges: Bool) throws {
        var filter = profile([.init(["mkdir", "mkdirat"], .errno, errorNumber: UInt32(EXDEV))])
        filter.listenerPath = engine.place + "/nobody"
        let (container, answer) = try engine.create(
            engine.configuration("echo runs; exec sleep 1000") {
                $0.linux?.seccomp = filter
                $0.process?.noNewPrivileges = noNewPrivileges
            })
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(try container.call("start").status == 0)
        try container.awaitOutput("runs")
        let joined = try container.execute("mkdir /tmp/x; echo joined")
        #expect(joined.output == "joined\n" && joined.complaints.contains("ross-device link"), "\(joined.complaints)")
        try container.remove()
    }

    /// Calls that a launch makes of itself may be forbidden: to look for the program, to make a process, to have a session, to end.
    /// What the container's program needs is all that must be allowed.
    @Test(arguments: [true, false]) func callsOfTheLaunch(noNewPrivileges: Bool) throws {
        let container = try engine.started("echo runs; exec sleep 1000") {
            $0.process?.noNewPrivileges = noNewPrivileges
            $0.linux?.seccomp = profile([
                .init(["clone", "clone3", "fork", "vfork", "setsid"], .errno, errorNumber: UInt32(ENOSYS)),
                .init(["faccessat2"], .killProcess),
            ])
        }
        try container.awaitOutput("runs")
        let joined = try container.execute("echo joined")
        #expect(joined.output == "joined\n", "\(joined.complaints)")
        // Nobody inside may make a process by what let that one come to life.
        #expect(try container.execute("id; true").output.isEmpty)
        try container.remove()
    }

    /// A process that fails where a filter forbids it to end ends all the same, and its failure is told.
    @Test func failureWithoutExit() throws {
        let rules = profile([.init(["exit_group", "exit"], .errno, errorNumber: UInt32(EPERM))])
        let answer = try engine.run("true") {
            $0.linux?.seccomp = rules
            $0.process?.noNewPrivileges = false
            $0.process?.user = .init(uid: 1, gid: 1)
            $0.process?.capabilities = nil
            $0.process?.arguments = ["/bin/private"]
            try engine.write("#!/bin/sh\n", to: engine.rootfs + "/bin/private", mode: 0o700)
        }
        #expect(answer.status == 1)
        #expect(answer.complaints.contains("/bin/private"), "\(answer.complaints)")
        let container = try engine.started("exec sleep 1000") {
            $0.linux?.seccomp = rules
            $0.process?.noNewPrivileges = false
        }
        let joined = try container.execute("true", "--cwd", "/not/there")
        #expect(joined.status == 255)
        #expect(joined.complaints.contains("/not/there"), "\(joined.complaints)")
        try container.remove()
    }
}
