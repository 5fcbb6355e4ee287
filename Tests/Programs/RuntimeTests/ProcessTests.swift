import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// config.md, "Process", "Linux Process"; config-linux.md, "Personality", "Memory Policy".
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct ProcessTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// User, group, additional groups and umask.
    @Test func user() throws {
        let answer = try engine.run("id -u; id -g; grep Groups: /proc/self/status; umask") {
            $0.process?.user = .init(uid: 1000, gid: 1001, umask: 0o027, additionalGids: [7, 8])
        }
        #expect(answer.output == "1000\n1001\nGroups:\t7 8 \n0027\n")
    }

    /// A working directory that root may enter and the user may not (an image's /root), and the other way round: one is tried before
    /// the change of user, and once more after it.
    @Test func workingDirectoryOfOthers() throws {
        try SystemFile.makeDirectories(engine.rootfs + "/data/private/below")
        chmod(engine.rootfs + "/data/private", 0o700)
        let container = try engine.started("readlink /proc/self/cwd; exec sleep 1000") {
            $0.process?.user = .init(uid: 1000, gid: 1000)
            $0.process?.workingDirectory = "/data/private/below"
        }
        try container.awaitOutput("/data/private/below\n")
        let joined = try engine.call(
            "exec", "--user", "1000", "--cwd", "/data/private/below", container.id, "/bin/readlink", "/proc/self/cwd")
        #expect(joined.output == "/data/private/below\n", "\(joined.complaints)")
        try container.remove()

        // Without the rights over others' files, root may not and the user may.
        chown(engine.rootfs + "/data/private", 1000, 1000)
        let answer = try engine.run("readlink /proc/self/cwd") {
            $0.process?.user = .init(uid: 1000, gid: 1000)
            $0.process?.workingDirectory = "/data/private"
        }
        #expect(answer.output == "/data/private\n", "\(answer.complaints)")
    }

    /// The five capability sets, the ambient one included, kept across a change of user.
    @Test func capabilities() throws {
        let answer = try engine.run("grep Cap /proc/self/status") {
            $0.process?.user.uid = 1000
            $0.process?.capabilities = .init(
                bounding: ["CAP_NET_RAW", "CAP_CHOWN", "CAP_KILL"], effective: ["CAP_NET_RAW", "CAP_CHOWN"],
                permitted: ["CAP_NET_RAW", "CAP_CHOWN"], inheritable: ["CAP_NET_RAW"], ambient: ["CAP_NET_RAW"])
        }
        // An ordinary user's execve keeps the ambient ones alone.
        #expect(
            answer.output == """
                CapInh:\t0000000000002000
                CapPrm:\t0000000000002000
                CapEff:\t0000000000002000
                CapBnd:\t0000000000002021
                CapAmb:\t0000000000002000

                """)
    }

    /// What the host's bounding set has not got is left out with a warning; names nobody knows are warned of.
    @Test func capabilitiesNotToBeHad() throws {
        let bundle = try engine.bundle(
            engine.configuration("grep CapEff /proc/self/status") {
                let all = CapabilitySet.names + ["CAP_FLY"]
                $0.process?.capabilities = .init(bounding: all, effective: all, permitted: all)
            })
        let log = engine.place + "/log"
        let answer = try engine.run(
            [Engine.program, "--root", engine.root, "--log", log, "run", "--bundle", bundle, engine.name()])
        #expect(answer.status == 0)
        #expect(Engine.text(log).contains("'CAP_FLY' is not a capability known here"))
        let own = String(CapabilitySet.boundingSet().rawValue, radix: 16)
        #expect(answer.output.hasSuffix(String(repeating: "0", count: 16 - own.count) + own + "\n"))
    }

    @Test func noNewPrivileges() throws {
        for wanted in [true, false] {
            let answer = try engine.run("grep NoNewPrivs /proc/self/status") { $0.process?.noNewPrivileges = wanted }
            #expect(answer.output == "NoNewPrivs:\t\(wanted ? 1 : 0)\n")
        }
    }

    /// Resource limits; one above the host's hard limit is clipped with a warning where it cannot be raised.
    @Test func resourceLimits() throws {
        let answer = try engine.run("ulimit -n; ulimit -Hn; ulimit -c") {
            $0.process?.resourceLimits = [
                .init(type: "RLIMIT_NOFILE", soft: 100, hard: 200), .init(type: "RLIMIT_CORE", soft: 0, hard: 0),
            ]
        }
        #expect(answer.output == "100\n200\n0\n")
        let hard = ResourceLimit.current(.openFiles).hard
        let high = try engine.run("ulimit -Hn") {
            $0.process?.resourceLimits = [.init(type: "RLIMIT_NOFILE", soft: 64, hard: hard + 1)]
        }
        let mayRaise = CapabilitySet.boundingSet().rawValue >> 24 & 1 == 1
        #expect(high.output == "\(mayRaise ? hard + 1 : hard)\n", "\(high.complaints)")
        #expect(mayRaise || high.complaints.contains("clipped"))
    }

    /// The limit of open files is the program's: what a launch opens for it, a terminal and the user database, is open by then.
    @Test(arguments: [3, 4, 6] as [UInt64]) func fewOpenFiles(limit: UInt64) throws {
        let change = { (configuration: inout RuntimeConfiguration) in
            configuration.process?.resourceLimits = [.init(type: "RLIMIT_NOFILE", soft: limit, hard: limit)]
            configuration.process?.environment.removeAll { $0.hasPrefix("HOME=") }
        }
        let container = try engine.started("ulimit -n; exec sleep 1000", change: change)
        try container.awaitOutput("\(limit)\n")
        let joined = try engine.call("exec", container.id, "/bin/sh", "-c", "ulimit -n")
        #expect(joined.output == "\(limit)\n", "\(joined.complaints)")
        let terminal = try engine.call("exec", "--tty", container.id, "/bin/sh", "-c", "ulimit -n; tty")
        #expect(terminal.output.hasPrefix("\(limit)\r\n/dev/pts/"), "\(terminal.output) \(terminal.complaints)")
        try container.remove()
    }

    /// What the kernel says of a deadline that it cannot promise is said with what it is about.
    @Test func deadlineScheduling() throws {
        let answer = try engine.run("cut -d' ' -f41 /proc/self/stat") {
            $0.process?.scheduler = .init(
                policy: "SCHED_DEADLINE", runtime: 99_000_000, deadline: 100_000_000, period: 100_000_000)
        }
        if answer.status == 0 {
            #expect(answer.output == "6\n")
        } else {
            let reasons = ["CAP_SYS_NICE", "kernel.sched_rt_runtime_us"]
            #expect(reasons.contains { answer.complaints.contains($0) }, "\(answer.complaints)")
        }
    }

    /// While the container is made it shares its maker's memory, and with it the score, which is the container's alone in the end.
    @Test func outOfMemoryScore() throws {
        let bundle = try engine.bundle(
            engine.configuration("cat /proc/self/oom_score_adj; exec sleep 1000") {
                $0.process?.oomScoreAdjustment = 321
            })
        let id = engine.name()
        let (launcher, streams) = try engine.begin([
            Engine.program, "--root", engine.root, "run", "--bundle", bundle, id,
        ])
        try Eventually.holds("it runs: \(streams.complaints)") { streams.output == "321\n" }
        // The program may have begun before the launcher runs again and takes its own back.
        try Eventually.holds("the launcher's score is its own") {
            Engine.text("/proc/\(launcher.pid)/oom_score_adj") == Engine.text("/proc/self/oom_score_adj")
        }
        #expect(try engine.call("kill", id, "KILL").status == 0)
        #expect(try launcher.wait(for: "run", within: 60).ending == .exited(128 + SIGKILL))
        let (container, answer) = try engine.create(
            engine.configuration("cat /proc/self/oom_score_adj; exec sleep 1000") {
                $0.process?.oomScoreAdjustment = 321
            })
        #expect(answer.status == 0)
        #expect(try container.call("start").status == 0)
        try container.awaitOutput("321\n")
        try container.remove()
    }

    /// A protection that may not be had is an error, of a joining process too; nothing, which engines write of themselves, is none.
    @Test(.enabled(if: !TestHost.mayProtect, "may set every score"))
    func protectionNotToBeHad() throws {
        let (container, answer) = try engine.create(
            engine.configuration("true") { $0.process?.oomScoreAdjustment = -500 })
        #expect(answer.status == 1)
        #expect(answer.complaints.contains("oomScoreAdj"), "\(answer.complaints)")
        #expect(engine.traces(of: container.id) == [])
        let running = try engine.started("exec sleep 1000") { $0.process?.oomScoreAdjustment = 0 }
        let process = #"{"args": ["/bin/true"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "oomScoreAdj": -500}"#
        let file = try engine.write(process, to: "process.json")
        let joining = try engine.call("exec", "--process", file, running.id)
        #expect(joining.status == 255)
        #expect(joining.complaints.contains("oom_score_adj"), "\(joining.complaints)")
        try running.remove()
    }

    /// Scheduler: policy and nice value of sched_setattr(2), read from field 41 and 19 of /proc/self/stat.
    @Test func scheduler() throws {
        let answer = try engine.run("cut -d' ' -f19,41 /proc/self/stat") {
            $0.process?.scheduler = .init(policy: "SCHED_BATCH", nice: 5)
        }
        #expect(answer.output == "5 3\n", "\(answer.complaints)")
    }

    @Test func ioPriority() throws {
        let answer = try engine.run("ionice") {
            $0.process?.ioPriority = .init(class: "IOPRIO_CLASS_IDLE", priority: 0)
        }
        #expect(answer.output.hasPrefix("idle"))
        let best = try engine.run("ionice") { $0.process?.ioPriority = .init(class: "IOPRIO_CLASS_BE", priority: 6) }
        #expect(best.output == "best-effort: prio 6\n")
    }

    /// `LINUX32`: a 64-bit program is told it runs on a 32-bit machine; of joining processes as well.
    @Test func personality() throws {
        let container = try engine.started("uname -m; exec sleep 1000") {
            $0.linux?.personality = .init(domain: "LINUX32")
        }
        let wanted = ["i686", "armv8l"]
        try Eventually.holds("it has said something") { !container.streams.output.isEmpty }
        #expect(wanted.contains(container.streams.output.split(separator: "\n").first.map(String.init) ?? ""))
        #expect(
            wanted.contains(
                try container.execute("uname -m").output.split(separator: "\n").first.map(String.init) ?? ""))
        try container.remove()
    }

    /// The memory policy is the kernel's for the process, seen in its mappings.
    @Test(.enabled(if: SystemFile.exists("/proc/self/numa_maps"), "[host] this kernel has no NUMA policies"))
    func memoryPolicy() throws {
        let answer = try engine.run("head -1 /proc/self/numa_maps") {
            $0.linux?.memoryPolicy = .init(mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"])
        }
        #expect(answer.output.contains("bind=static:0"), "\(answer.complaints)")
    }

    /// The processors of a joining process, and only of one (1.2).
    @Test func affinityOfExec() throws {
        let container = try engine.started("grep Cpus_allowed_list /proc/self/status; exec sleep 1000") {
            $0.process?.execCPUAffinity = .init(initial: "0", final: "1")
        }
        try Eventually.holds("it has said something") { !container.streams.output.isEmpty }
        let all =
            Engine.text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list") } ?? ""
        #expect(container.streams.output == all + "\n")
        #expect(try container.execute("grep Cpus_allowed_list /proc/self/status").output == "Cpus_allowed_list:\t1\n")
        try container.remove()
    }

    /// A label asked for on a host without the module is an error that names the field, not a container without it.
    @Test(arguments: ["apparmor", "selinux"]) func securityLabels(module: String) throws {
        guard !TestHost.securityModules.contains(module) else { return }
        let (container, answer) = try engine.create(
            engine.configuration("true") {
                if module == "apparmor" { $0.process?.apparmorProfile = "docker-default" }
                if module == "selinux" { $0.process?.selinuxLabel = "system_u:system_r:container_t:s0" }
            })
        #expect(answer.status == 1)
        #expect(answer.complaints.contains(module == "apparmor" ? "process.apparmorProfile" : "process.selinuxLabel"))
        #expect(engine.traces(of: container.id) == [])
    }

    /// Descriptors after the standard streams come along only where they are asked for: `--preserve-fds`, LISTEN_FDS.
    @Test func preservedDescriptors() throws {
        let bundle = try engine.bundle(engine.configuration("cat <&3; ls /proc/self/fd; echo $LISTEN_FDS $LISTEN_PID"))
        try engine.write("third\n", to: "third")
        func run(_ prefix: String, _ options: String) throws -> Engine.Answer {
            try engine.shell(
                "exec 3< $place/third 4< /etc/passwd; \(prefix) $runtime run \(options) --bundle \(bundle) \(engine.name())"
            )
        }
        let plain = try run("", "")
        #expect(plain.output.hasPrefix("0\n1\n2\n3\n") || !plain.output.contains("third"))
        #expect(!plain.output.contains("4\n"))
        let one = try run("", "--preserve-fds 1")
        #expect(one.output.hasPrefix("third\n"))
        #expect(!one.output.contains("5\n"))
        // The shell becomes the runtime, and so its number the runtime's.
        let two = try run("LISTEN_FDS=1 LISTEN_PID=$$ exec", "--preserve-fds 1")
        #expect(two.output.contains("4\n"))
        #expect(two.output.contains("1 1\n"), "\(two.output)")
        // What was meant for others is none of ours.
        for prefix in ["LISTEN_FDS=1", "LISTEN_FDS=1 LISTEN_PID=1", "LISTEN_FDS=1 LISTEN_PID=x"] {
            let foreign = try run(prefix, "")
            #expect(!foreign.output.contains("third"), "\(prefix)")
            #expect(foreign.output.hasSuffix("\n\n"), "\(prefix): \(foreign.output)")
        }
        // One that is closed stays closed: nothing of the runtime's own takes its number and goes along.
        // Asked number by number: a shell that makes a pipe holds its ends for a moment.
        let list = try engine.bundle(
            engine.configuration(
                "for n in 0 1 2 3 4 5 6 7; do [ -e /proc/$$/fd/$n ] && echo $n; done; readlink /proc/$$/fd/5"))
        let absent = try engine.shell(
            "exec 5< /etc/passwd; $runtime run --preserve-fds 5 --bundle \(list) \(engine.name())")
        #expect(absent.output == "0\n1\n2\n5\n/etc/passwd\n", "\(absent.output) \(absent.complaints)")
    }

    /// Whatever the caller ignores, the program does not: neither do the two signals that C libraries keep to themselves.
    @Test(.enabled(if: access("/usr/bin/perl", X_OK) == 0, "perl is not installed"))
    func callersIgnoredSignals() throws {
        // Without a shell, which ignores one of them itself.
        let bundle = try engine.bundle(
            engine.configuration("") { $0.process?.arguments = ["grep", "SigIgn", "/proc/self/status"] })
        let ignoring =
            "perl -e 'my $action = pack(q(Q4), 1, 0, 0, 0); for my $number (1 .. 64) { syscall(13, $number, $action, 0, 8) } exec @ARGV'"
        let control = try engine.shell("\(ignoring) grep SigIgn /proc/self/status")
        #expect(control.output.hasPrefix("SigIgn:\tfffffffff"))
        let answer = try engine.shell("\(ignoring) $runtime run --bundle \(bundle) \(engine.name())")
        #expect(answer.output == "SigIgn:\t0000000000000000\n", "\(answer.complaints)")
        // How it ended is known all the same.
        #expect(answer.status == 0 && answer.complaints.isEmpty, "\(answer.complaints)")
    }
}
