import Containers
import Glibc
import Linux
import OCI
import Testing

/// Failure names its step and leaves nothing; limits bind; what a killed launcher left is found.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct FailureTests {
    let bed: TestBed

    init() throws { bed = try TestBed() }

    /// Cgroups of this test's identifier in any hierarchy.
    private func cgroups(_ identifier: String) throws -> [String] {
        try bed.host.cgroups.hierarchies.flatMap { hierarchy in
            ((try? SystemFile.names(in: "\(hierarchy.mountPoint)/isolab")) ?? []).filter { $0.hasSuffix(identifier) }
        }
    }

    /// Each failing step is named with its operation, its object and its errno, and no cgroup stays.
    @Test func failingStepIsNamed() throws {
        let cases: [(String, Int32, LaunchPlan)] = [
            ("execve", ENOENT, try bed.plan("") { $0.process?.arguments = ["/no/such/program"] }),
            ("execve", EACCES, try bed.plan("") { $0.process?.arguments = ["/etc"] }),
            ("chdir", ENOENT, try bed.plan("") { $0.process?.workingDirectory = "/proc/no/such" }),
            ("mount", ENODEV, try bed.plan("") { $0.mounts.append(.init(destination: "/x", type: "nosuchfs")) }),
            (
                "mount", TestHost.hasOverlay ? ENOENT : ENODEV,
                try bed.plan("", root: .overlay(lower: ["/no/such/layer"]))
            ),
            (
                "open_tree", ENOENT,
                try bed.plan("") {
                    $0.mounts.append(.init(destination: "/x", type: "bind", source: "/no/such", options: ["bind"]))
                }
            ),
            ("write", ENOENT, try bed.plan("") { $0.linux?.sysctl = ["no.such.parameter": "1"] }),
        ]
        for (number, (operation, errno, plan)) in cases.enumerated() {
            let identifier = "failing-\(number)"
            let error = #expect(throws: SystemError.self) { try bed.launcher.launch(plan, identifier: identifier) }
            #expect(error?.operation == operation)
            #expect(error?.errno == errno)
            #expect(error?.stage?.hasPrefix("step ") == true)
            #expect(try cgroups(identifier).isEmpty)
        }
    }

    /// A refused id map ends the child that waits for it.
    @Test func refusedIdentityMap() throws {
        let plan = try bed.plan("") {
            $0.linux?.namespaces.append(.init(.user))
            // Two ranges that overlap inside.
            $0.linux?.uidMappings = [
                .init(containerID: 0, hostID: 100_000, size: 10), .init(containerID: 5, hostID: 200_000, size: 10),
            ]
            $0.linux?.gidMappings = [.init(containerID: 0, hostID: 100_000, size: 10)]
        }
        let error = #expect(throws: SystemError.self) { try bed.launcher.launch(plan, identifier: "refused-map") }
        #expect(error?.errno == EINVAL)
        #expect(error?.stage == "id maps")
        #expect(try cgroups("refused-map").isEmpty)
    }

    /// Limits stand in the cgroup's files while it runs, figures can be read, and release removes it.
    @Test(.enabled(if: TestHost.hasMemoryController, "needs a memory controller"))
    func limitsAreInForce() throws {
        let plan = try bed.plan("echo up; sleep 60") {
            $0.linux?.resources?.memory = .init(limit: 64 << 20)
            $0.linux?.resources?.cpu = .init(shares: 512, quota: 50_000, period: 100_000)
            $0.linux?.resources?.pids = .init(limit: 7)
        }
        let pipe = try Pipe()
        let container = try bed.launcher.launch(
            plan, streams: StandardStreams(output: pipe.writeEnd), identifier: "limits")
        #expect(pipe.readLine() == "up")
        let cgroup = try #require(container.cgroup)
        let memory = try #require(cgroup.directory(of: "memory"))
        let file = memory.version == 1 ? "memory.limit_in_bytes" : "memory.max"
        #expect(try SystemFile.readNumber("\(memory.path)/\(file)") == 64 << 20)
        let pids = try #require(cgroup.directory(of: "pids"))
        #expect(try SystemFile.readNumber("\(pids.path)/pids.max") == 7)
        // The shell and its child were born inside.
        #expect(try cgroup.processes().contains(container.pid))
        #expect(try #require(try container.memoryCurrent()) > 0)
        #expect(try #require(try container.cpuTime()) > 0)
        try container.kill(SIGKILL)
        _ = try container.wait()
        try container.release()
        #expect(try cgroups("limits").isEmpty)
    }

    /// A process that takes more memory than its limit is killed, and the kill is counted.
    @Test(.enabled(if: TestHost.hasMemoryController, "needs a memory controller"))
    func memoryLimitKills() throws {
        var kills: UInt64?
        // head reads one endless line of zero bytes into memory.
        let plan = try bed.plan("grep x /dev/zero; echo status $?; sleep 1") {
            $0.linux?.resources?.memory = .init(limit: 16 << 20)
        }
        let outcome = try bed.run(plan) { container in
            for _ in 0..<200 {
                kills = try container.cgroup?.outOfMemoryKills()
                if (kills ?? 0) > 0 { break }
                usleep(20_000)
            }
        }
        #expect(kills == 1)
        #expect(outcome.output.contains("status 137"))
    }

    /// Only the devices of the list can be opened, though a node of any can be made: by v1's devices controller, or by a program
    /// on v2.
    @Test func devicesAreLimited() throws {
        #expect(bed.host.limitsDevices)
        let outcome = try bed.run(
            "mknod /tmp/kmsg c 1 11 && cat /tmp/kmsg; mknod /tmp/null c 1 3 && echo x > /tmp/null")
        #expect(outcome.output.contains("/tmp/kmsg': Operation not permitted"))
        #expect(!outcome.output.contains("/tmp/null"))
    }

    /// Where the v2 hierarchy is mounted, the container is born in its cgroup there (CLONE_INTO_CGROUP), and
    /// `cgroup.kill` ends it.
    @Test func unifiedHierarchy() throws {
        guard bed.host.cgroups.unified != nil else { return }
        let container = try bed.launcher.launch(try bed.plan("sleep 60"), identifier: "unified")
        let cgroup = try #require(container.cgroup)
        let unified = try #require(cgroup.directories.first { $0.version == 2 })
        #expect(try SystemFile.read("/proc/\(container.pid)/cgroup").contains("0::/isolab/\(container.name)\n"))
        try SystemFile.write("1", to: unified.path + "/cgroup.kill")
        #expect(try container.wait().ending == .signalled(SIGKILL, coreDumped: false))
        try container.release()
        #expect(!SystemFile.exists(unified.path))
    }

    /// A launcher that was killed leaves a record; the next start finds the cgroup and the container by it, and frees
    /// both. What a living launcher owns is not touched.
    @Test func leftoversOfAKilledLauncher() throws {
        let state = bed.directory + "/killed"
        // The state a killed launcher leaves: a record of a process that is gone, and a cgroup of its name with a process
        // in it.
        let gone = try ProcessPlan("/bin/true").spawn()
        let identity = "\(gone.pid)-\(try Procfs.status(of: gone.pid).startTime)"
        _ = try gone.wait()
        try SystemFile.makeDirectories(state + "/owners")
        _ = try OwnedDescriptor(opening: "\(state)/owners/\(identity)", O_WRONLY | O_CREAT)
        let cgroup = try Cgroup.create(named: "\(identity)-1")
        let orphan = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        let alive = try Launcher(stateDirectory: state)

        let found = try Leftovers.find(stateDirectory: state)
        #expect(found.map(\.ownerPID) == [gone.pid])
        #expect(found.first?.cgroups == ["\(identity)-1"])
        // The orphan is our own child here, and a zombie would keep its cgroup from going: reap it as init would.
        let reaper = Task.detached { try orphan.wait() }
        try found.first?.release()
        #expect(try cgroups("\(identity)-1").isEmpty)
        #expect(!SystemFile.exists("\(state)/owners/\(identity)"))
        #expect(try Leftovers.find(stateDirectory: state).isEmpty)
        withExtendedLifetime((alive, reaper)) {}
    }

    /// Nothing of a container is in the host's mount table while it runs, so nothing can be left in it.
    @Test func hostMountTableIsUntouched() throws {
        let outcome = try bed.run(try bed.plan("echo up; sleep 1")) { _ in
            let mounts = try SystemFile.read("/proc/self/mountinfo")
            #expect(!mounts.contains(bed.directory))
        }
        #expect(outcome.output == "up\n")
    }

    /// Every step of the plan is a phase, in order and without gaps, from the launch call to the program.
    @Test func phasesCoverTheLaunch() throws {
        let plan = try bed.plan("true")
        let before = HostClock.now()
        let container = try bed.launcher.launch(plan)
        let after = HostClock.now()
        _ = try container.wait()
        try container.release()
        let child = container.phases.filter { $0.actor == .child }
        #expect(child.map(\.name) == plan.steps.map(\.name))
        for (earlier, later) in zip(child, child.dropFirst()) { #expect(earlier.end == later.start) }
        #expect(container.phases.allSatisfy { $0.start >= before && $0.end <= after && $0.start <= $0.end })
        #expect(container.phases.first?.name == "cgroup")
    }

    /// With the option, the container does not outlive the thread that launched it.
    @Test func diesWithItsLauncher() throws {
        let plan = try bed.plan("grep -i sigq /proc/self/status; sleep 60", options: .init(parentDeathSignal: SIGKILL))
        #expect(plan.steps.map(\.name).suffix(2) == ["parent-death signal", "execve"])
        final class Box: @unchecked Sendable { var container: Container? }  // written before the join, read after
        let box = Box()
        let launcher = bed.launcher
        var thread = pthread_t()
        let body: @Sendable () -> Void = { box.container = try? launcher.launch(plan) }
        let context = Unmanaged.passRetained(body as AnyObject)
        pthread_create(&thread, nil, runBody, context.toOpaque())
        pthread_join(thread, nil)
        let container = try #require(box.container)
        #expect(try container.wait().ending == .signalled(SIGKILL, coreDumped: false))
        try container.release()
    }
}

/// A thread's start routine: calls the closure it was given.
private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context, let body = Unmanaged<AnyObject>.fromOpaque(context).takeRetainedValue() as? @Sendable () -> Void {
        body()
    }
    return nil
}
