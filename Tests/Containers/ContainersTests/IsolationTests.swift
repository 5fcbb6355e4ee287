import Containers
import Glibc
import Linux
import OCI
import Seccomp
import Testing

/// What a container is, seen from inside and from the host, on this kernel.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct IsolationTests {
    let bed: TestBed

    init() throws { bed = try TestBed() }

    /// Exit statuses pass through, and death by signal is told apart.
    @Test func exitStatusAndSignal() throws {
        #expect(try bed.run("exit 42").exit.ending == .exited(42))
        let outcome = try bed.run(try bed.plan("sleep 60")) { try $0.kill(SIGKILL) }
        #expect(outcome.exit.ending == .signalled(SIGKILL, coreDumped: false))
    }

    /// Each namespace is another than the host's.
    @Test(arguments: ["mnt", "pid", "net", "uts", "ipc", "cgroup"])
    func namespaceIsItsOwn(kind: String) throws {
        let outcome = try bed.run("ls -l /proc/self/ns/\(kind)")
        #expect(outcome.output.contains("\(kind):["))
        #expect(!outcome.output.contains(try Procfs.namespace(kind)))
    }

    /// The program is process 1, sees no process of the host, and only the loopback, which is up.
    @Test func aloneInItsNamespaces() throws {
        let outcome = try bed.run("echo $$; ls /proc | grep -c '^[0-9]'; ls /sys/class/net; ip link show lo")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first == "1")
        #expect(lines.dropFirst(2).first == "lo")
        #expect(outcome.output.contains("LOOPBACK,UP"))
    }

    /// The host's tree is gone after pivot_root: the mount table has nothing of it.
    @Test func oldRootIsGone() throws {
        let outcome = try bed.run("cat /proc/self/mountinfo; ls /")
        #expect(!outcome.output.contains("/run/isolab"))
        #expect(outcome.output.contains(TestHost.hasOverlay ? " / / rw" : "/rootfs / rw"))
        #expect(!outcome.output.contains(" ext4 "))
    }

    /// The specification's default devices and links are there and work.
    @Test func defaultDevices() throws {
        let outcome = try bed.run(
            """
            echo lost > /dev/null && head -c 3 /dev/zero | wc -c && head -c 3 /dev/urandom | wc -c
            ls /dev; for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done; echo x > /dev/full
            """)
        #expect(outcome.output.contains("3\n3\n"))
        for name in ["null", "zero", "full", "random", "urandom", "tty", "pts", "shm", "mqueue"] {
            #expect(outcome.output.contains(name))
        }
        #expect(outcome.output.contains("/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx"))
        #expect(outcome.output.contains("No space left"))
    }

    /// Masked paths read as empty, read-only ones refuse writing, /sys is read-only.
    @Test func maskedAndReadOnlyPaths() throws {
        let outcome = try bed.run(
            """
            cat /proc/interrupts | wc -c; ls -A /sys/firmware | wc -l
            echo 1 > /proc/sys/kernel/panic; touch /sys/x
            """)
        #expect(outcome.output.hasPrefix("0\n0\n"))
        #expect(outcome.output.contains("/proc/sys/kernel/panic: Read-only file system"))
        #expect(outcome.output.contains("/sys/x: Read-only file system"))
    }

    /// What is written goes to the writable layer and is lost with it; the layer below stays as it was.
    @Test(.enabled(if: TestHost.hasOverlay, "needs overlayfs")) func overlayKeepsTheLayerBelow() throws {
        let outcome = try bed.run("echo hello > /data/file && cat /data/file && rm -f /bin/true; mkdir /new")
        #expect(outcome.output.hasPrefix("hello\n"))
        #expect(try SystemFile.names(in: bed.root + "/data").isEmpty)
        #expect(!SystemFile.exists(bed.root + "/new"))
    }

    /// A read-only root refuses writing; a directory as root takes it.
    @Test func otherRoots() throws {
        let readOnly = try bed.run(try bed.plan("touch /data/x", root: .readOnly(bed.root)))
        #expect(readOnly.output.contains("Read-only file system"))
        _ = try bed.run(try bed.plan("touch /data/x", root: .directory(bed.root)))
        #expect(SystemFile.exists(bed.root + "/data/x"))
        let configured = try bed.run("touch /y") { $0.root?.readonly = true }
        #expect(configured.output.contains("Read-only file system"))
    }

    /// Host name, user, groups, working directory, environment, umask and kernel parameters are as configured.
    @Test func identityOfTheProcess() throws {
        let outcome = try bed.run(
            "hostname; id -u; id -g; id -G; pwd; echo $COLOUR; umask; cat /proc/sys/net/ipv4/ip_unprivileged_port_start"
        ) {
            $0.hostname = "box"
            $0.process?.user = RuntimeConfiguration.User(uid: 1000, gid: 1001, umask: 0o027, additionalGids: [7, 8])
            $0.process?.workingDirectory = "/data"
            $0.process?.environment.append("COLOUR=blue")
        }
        #expect(outcome.output == "box\n1000\n1001\n1001 7 8\n/data\nblue\n0027\n0\n")
    }

    /// Capabilities are Docker's for root, none effective for another user, and the bounding set holds for both.
    @Test func capabilities() throws {
        let root = try bed.run("grep Cap /proc/self/status").output
        #expect(root.contains("CapEff:\t00000000a80425fb"))
        #expect(root.contains("CapBnd:\t00000000a80425fb"))
        #expect(root.contains("CapInh:\t0000000000000000"))
        let ambient = try bed.run("grep Cap /proc/self/status") {
            $0.process?.user = RuntimeConfiguration.User(uid: 1000)
            $0.process?.capabilities = .init(
                bounding: ["CAP_NET_RAW"], effective: ["CAP_NET_RAW"], permitted: ["CAP_NET_RAW"],
                inheritable: ["CAP_NET_RAW"], ambient: ["CAP_NET_RAW"])
        }.output
        #expect(ambient.contains("CapEff:\t0000000000002000"))
        #expect(ambient.contains("CapAmb:\t0000000000002000"))
    }

    /// no_new_privs and resource limits are seen by the process itself.
    @Test func privilegesAndLimits() throws {
        let outcome = try bed.run("grep NoNewPrivs /proc/self/status; ulimit -n; ulimit -Hn") {
            $0.process?.noNewPrivileges = true
            $0.process?.resourceLimits = [.init(type: "RLIMIT_NOFILE", soft: 100, hard: 200)]
        }
        #expect(outcome.output == "NoNewPrivs:\t1\n100\n200\n")
    }

    /// A filter is in force: the one system call it refuses fails with the errno it says; with and without no_new_privs.
    @Test(arguments: [true, false]) func seccompRefuses(noNewPrivileges: Bool) throws {
        // if nr == mkdir or mkdirat: errno EACCES (13), else allow.
        let calls = Self.mkdirNumbers
        var filter = [FilterInstruction(code: 0x20, constant: 0)]
        for (index, number) in calls.enumerated() {
            filter.append(FilterInstruction(code: 0x15, jumpTrue: UInt8(calls.count - index), constant: number))
        }
        filter += [
            FilterInstruction(code: 0x06, constant: 0x7fff_0000), FilterInstruction(code: 0x06, constant: 0x0005_000d),
        ]
        let plan = try bed.plan(
            "mkdir /data/x; grep Seccomp: /proc/self/status",
            options: .init(seccomp: SeccompProgram(instructions: filter))
        ) { $0.process?.noNewPrivileges = noNewPrivileges }
        let outcome = try bed.run(plan)
        #expect(outcome.output.contains("'/data/x': Permission denied"))
        #expect(outcome.output.contains("Seccomp:\t2"))
    }

    #if arch(x86_64)
        private static let mkdirNumbers: [UInt32] = [83, 258]
    #else
        private static let mkdirNumbers: [UInt32] = [34]
    #endif

    /// A bind mount shows the host's file or directory, read-only where asked, and a symbolic link in the image cannot
    /// lead the mount out of it.
    @Test func bindMounts() throws {
        let shared = bed.directory + "/shared"
        try SystemFile.makeDirectories(shared)
        #expect(try ProcessPlan("/bin/sh", ["-c", "echo fromhost > \(shared)/file"]).spawn().wait().succeeded)
        symlink("/../../..", bed.root + "/escape")
        let outcome = try bed.run("cat /mnt/d/file /etc/one; touch /mnt/d/x; ls -d /escape/inside") {
            $0.mounts += [
                .init(destination: "/mnt/d", type: "bind", source: shared, options: ["rbind", "ro"]),
                .init(destination: "/etc/one", type: "bind", source: shared + "/file", options: ["bind"]),
                .init(destination: "/escape/inside", type: "tmpfs", source: "tmpfs"),
            ]
        }
        #expect(outcome.output.hasPrefix("fromhost\nfromhost\n"))
        #expect(outcome.output.contains("/mnt/d/x: Read-only file system"))
        #expect(outcome.output.contains("/escape/inside"))
        #expect(!SystemFile.exists("/inside"))
    }

    /// A user namespace: root inside, another user outside, with devices and everything else still there.
    @Test func userNamespace() throws {
        let plan = try bed.plan(
            "id -u; cat /proc/self/uid_map; echo x > /dev/null && echo fine; touch /data/x; sleep 60"
        ) {
            $0.linux?.namespaces.append(.init(.user))
            $0.linux?.uidMappings = [.init(containerID: 0, hostID: 100_000, size: 65536)]
            $0.linux?.gidMappings = [.init(containerID: 0, hostID: 200_000, size: 65536)]
            $0.linux?.sysctl = [:]
        }
        let pipe = try Pipe()
        let container = try bed.launcher.launch(
            plan, streams: StandardStreams(output: pipe.writeEnd, error: pipe.writeEnd))
        pipe.closeWriteEnd()
        #expect(pipe.readLine() == "0")
        #expect(pipe.readLine().split(separator: " ") == ["0", "100000", "65536"])
        #expect(pipe.readLine() == "fine")
        #expect(try Procfs.namespace("user", of: "\(container.pid)") != Procfs.namespace("user"))
        let status = try SystemFile.read("/proc/\(container.pid)/status")
        #expect(status.contains("Uid:\t100000\t100000\t100000\t100000"))
        #expect(status.contains("Gid:\t200000\t200000\t200000\t200000"))
        try container.kill(SIGKILL)
        _ = try container.wait()
        try container.release()
    }

    /// Thirty-two launches from as many threads: each container answers for itself, and nothing stays.
    @Test func manyAtOnce() async throws {
        let plan = try bed.plan("exit $(hostname)")
        #expect(plan.steps.count > 10)
        let launcher = bed.launcher
        let plans = try (Int32(0)..<32).map { number in
            try bed.plan("exit $(hostname)") { $0.hostname = "\(number)" }
        }
        let endings = try await withThrowingTaskGroup(of: ProcessExit.Ending.self) { group in
            for plan in plans {
                group.addTask {
                    let container = try launcher.launch(plan)
                    let exit = try container.wait()
                    try container.release()
                    return exit.ending
                }
            }
            var endings: [ProcessExit.Ending] = []
            for try await ending in group { endings.append(ending) }
            return endings
        }
        let statuses = endings.map { if case .exited(let status) = $0 { status } else { Int32(-1) } }
        #expect(statuses.sorted() == Array(0..<32))
    }
}
