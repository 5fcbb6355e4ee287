import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// Files of a container's own that `exec` comes by: of a file system that a process inside answers for, without end, or never answering.
/// They give the launcher nothing, and hold it up no longer than whoever called it likes.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason), .enabled(if: access("/dev/fuse", F_OK) == 0, "needs /dev/fuse"))
struct FileAttackTests {
    let engine: Engine

    init() throws {
        engine = try Engine()
        try Probe.installHostileFiles(in: engine)
    }

    /// A container whose first process answers for the files of a directory. It has what that takes: the device and CAP_SYS_ADMIN.
    private func container(
        _ script: String, change: (inout RuntimeConfiguration) throws -> Void = { _ in }
    ) throws -> Container {
        let container = try engine.started(script) {
            $0.linux?.devices.append(.init(type: "c", path: "/dev/fuse", major: 10, minor: 229))
            if $0.linux?.resources == nil { $0.linux?.resources = .init() }
            $0.linux?.resources?.devices.append(.init(allow: true, type: "c", major: 10, minor: 229, access: "rwm"))
            for set in [\RuntimeConfiguration.Capabilities.bounding, \.effective, \.permitted] {
                $0.process?.capabilities?[keyPath: set].append("CAP_SYS_ADMIN")
            }
            try change(&$0)
        }
        try container.awaitOutput("mounted")
        return container
    }

    /// Those in its cgroup that are not in its pid namespace: they are about to join.
    private func joiners(_ container: Container) throws -> [Int32] {
        let own = try Procfs.namespace("pid", of: "self")
        return Engine.processes(of: container.id).filter { (try? Procfs.namespace("pid", of: "\($0)")) == own }
    }

    /// Whoever reaps it is not this test's affair.
    private func isGone(_ pid: Int32) -> Bool { [nil, "Z", "X"].contains(try? Procfs.status(of: pid).state) }

    // MARK: - A terminal

    /// The number that a file on /dev/pts answers for a terminal's other end would be one of the launcher's descriptors: it gave a
    /// directory of the host's to the user inside, and to his streams. Naive, the answer is believed.
    @Test(arguments: [5, 6, 7, 8, 9]) func terminalThatIsNone(descriptor: Int) throws {
        let container = try container("exec hostile answers /dev/pts \(descriptor)")
        #expect(
            try container.execute("hostile peer").output == "\(descriptor)\n", "the negative control does not attack")
        // The caller has a directory open, and a socket takes the master.
        let answer = try engine.shell(
            """
            exec \(descriptor)< $place; $runtime exec -t -u 1234 -e HOME=/ --console-socket $place/none \(container.id) /bin/true
            true < /dev/null; stat -c %u $place
            """)
        #expect(answer.output == "0\n")
        let (command, streams) = try engine.begin([
            "/bin/sh", "-c",
            "exec \(descriptor)< $place; exec $runtime exec -t -u 1234 -e HOME=/ \(container.id) /bin/id",
        ])
        #expect(try command.wait(for: "exec", within: 60).shellStatus == 255)
        #expect(streams.complaints.contains("errno \(ENOTTY)"), "\(streams.complaints)")
        #expect(try engine.shell("stat -c %u $place").output == "0\n")
        #expect(container.status == .running)
        try container.remove()
    }

    /// A descriptor of the launcher's is not there for anything inside to lead to: what joins has those alone that it needs, before
    /// it comes by a file of the container's.
    @Test func descriptorsOfWhatJoins() throws {
        let container = try container("ln -s /mnt/passwd /etc/passwd; exec hostile deaf /mnt")
        let words = [Engine.program, "--root", engine.root, "exec", container.id, "/bin/true"]
        let (command, _) = try engine.begin(["/bin/sh", "-c", "exec 5< $place 9< /; exec \"$@\"", "sh"] + words)
        let pid = try joiner(of: container)
        let open = try SystemFile.names(in: "/proc/\(pid)/fd").compactMap {
            try? Procfs.readLink("/proc/\(pid)/fd/\($0)")
        }
        #expect(!open.contains { $0.contains("cgroup") || $0 == "/" || $0 == engine.place }, "\(open)")
        #expect(!open.isEmpty)
        kill(command.pid, SIGKILL)
        _ = try command.wait(for: "exec", within: 60)
        try container.remove()
    }

    /// What joins, once it is in the container's mount namespace and gets no further.
    private func joiner(of container: Container) throws -> Int32 {
        let own = try Procfs.namespace("mnt", of: "self")
        var found: Int32?
        try Eventually.holds("something joins") {
            found = try joiners(container).first { pid in
                guard let namespace = try? Procfs.namespace("mnt", of: "\(pid)") else { return false }
                return namespace != own && (try? Procfs.status(of: pid).state) != "R"
            }
            return found != nil
        }
        usleep(100_000)
        return try #require(found)
    }

    // MARK: - Files without end, and without answer

    /// A database of users of four exbibytes held every `exec` that had to look for a home directory.
    @Test(.timeLimit(.minutes(2))) func databaseWithoutEnd() throws {
        let container = try engine.started(
            "busybox truncate -s 4000000000000000000 /big/passwd && ln -sf /big/passwd /etc/passwd && echo made; exec sleep 1000"
        ) {
            $0.mounts.append(.init(destination: "/big", type: "tmpfs", source: "tmpfs"))
        }
        try container.awaitOutput("made")
        #expect(try container.execute("stat -c %s -L /etc/passwd; echo $HOME").output == "4000000000000000000\n/\n")
        // One that can be one is read as ever.
        #expect(
            try container.execute(
                "head -c 1000000 /dev/zero | tr '\\0' x > /big/line; (cat /big/line; echo; echo a:x:0:0::/own:/bin/sh) > /big/passwd"
            ).status == 0)
        #expect(try container.execute("echo $HOME").output == "/own\n")
        try container.remove()
    }

    /// A database that is one of the kernel's files is not read: the host's log of the kernel would be the container's to empty.
    @Test func databaseOfTheKernel() throws {
        let container = try engine.started(
            "rm -f /etc/passwd; ln -s /proc/kmsg /etc/passwd; echo made; exec sleep 1000")
        try container.awaitOutput("made")
        let log = try Probe.unreadKernelLog
        let before = try #require(
            Int(try engine.shell("\(log) write").output.split(separator: "\n").first.map(String.init) ?? ""))
        try #require(before > 0)
        let result = try engine.shell(
            "$runtime exec \(container.id) /bin/true && $runtime exec -u 1000 \(container.id) /bin/true; echo $?; \(log)"
        )
        let words = result.output.split(separator: "\n").compactMap { Int($0) }
        #expect(
            words.count == 2 && words[0] == 0 && words[1] >= before, "\(before): \(result.output)\(result.complaints)")
        try container.remove()
    }

    enum Place: String, CaseIterable, CustomTestStringConvertible {
        /// Before its rights change, and after.
        case home, program

        var testDescription: String { rawValue }
    }

    private func execute(_ container: Container, at place: Place) throws -> (RunningProcess, Streams) {
        let options = place == .home ? [] : ["-u", "1000", "-e", "HOME=/"]
        let program = place == .home ? "/bin/true" : "/mnt/program"
        let (command, streams) = try engine.begin(
            [Engine.program, "--root", engine.root, "exec"] + options + [container.id, program])
        return (command, streams)
    }

    private func container(_ mode: String, inUserNamespace: Bool) throws -> Container {
        try container("ln -s /mnt/passwd /etc/passwd; exec hostile \(mode) /mnt") {
            $0.process?.noNewPrivileges = false
            guard inUserNamespace else { return }
            // The host's may be for root alone, who is somebody else inside.
            let device = engine.place + "/fuse"
            if mknod(device, S_IFCHR | 0o666, dev_t(10 << 8 | 229)) != 0 { throw SystemError("mknod", device) }
            chmod(device, 0o666)
            $0.linux?.devices.removeAll { $0.path == "/dev/fuse" }
            $0.mounts.append(.init(destination: "/dev/fuse", type: "bind", source: device, options: ["bind"]))
            $0.linux?.sysctl = [:]
            $0.linux?.namespaces.append(.init(.user))
            $0.linux?.uidMappings = [.init(containerID: 0, hostID: 700_000, size: 65536)]
            $0.linux?.gidMappings = [.init(containerID: 0, hostID: 700_000, size: 65536)]
            chown(engine.rootfs + "/etc", 700_000, 700_000)
            chown(engine.rootfs + "/mnt", 700_000, 700_000)
        }
    }

    /// Whatever kills the launcher, what it had on the way into the container goes with it, and the container stays: also after its
    /// rights have changed. Naive, it stays there for good, outside of the container's pid namespace.
    @Test(arguments: Place.allCases, [false, true]) func endsWithItsLauncher(
        place: Place, inUserNamespace: Bool
    ) throws {
        let container = try container("deaf", inUserNamespace: inUserNamespace)
        let (command, streams) = try execute(container, at: place)
        let pid = try joiner(of: container)
        kill(command.pid, SIGKILL)
        _ = try command.wait(for: "exec", within: 60)
        try Eventually.holds("process \(pid) ends: \(streams.complaints)") { isGone(pid) }
        #expect(container.status == .running)
        try container.remove()
    }

    /// A signal that asks the launcher to end is heard, whether its child can be killed or the kernel holds it until the file system
    /// goes; with the container everything is gone.
    @Test(arguments: Place.allCases, ["deaf", "silent"]) func hearsSignals(place: Place, mode: String) throws {
        let container = try container(mode, inUserNamespace: false)
        let (command, streams) = try execute(container, at: place)
        if mode == "silent" { try container.awaitOutput("asked") }
        _ = try joiner(of: container)
        kill(command.pid, SIGTERM)
        #expect(try command.wait(for: "exec", within: 60).shellStatus == 255)
        #expect(streams.complaints.contains("signal 15"), "\(streams.complaints)")
        #expect(container.status == .running)
        try container.remove()
    }

    /// A container is removed with whatever is on the way into it, which its end alone would not end; so it is with one that has
    /// ended before. Naive: it is said to be somebody else's, and stays.
    @Test(arguments: [true, false]) func removalEndsWhatJoins(isRunning: Bool) throws {
        let container = try container("silent", inUserNamespace: false)
        let (command, _) = try execute(container, at: .home)
        try container.awaitOutput("asked")
        let pid = try joiner(of: container)
        kill(command.pid, SIGKILL)
        _ = try command.wait(for: "exec", within: 60)
        if !isRunning {
            #expect(try container.call("kill").status == 0)
            #expect(try engine.call("kill", container.id, "KILL").status <= 1)
            try container.awaitEnd()
        }
        try container.remove()
        #expect(isGone(pid))
    }

    /// The same with one that stands still, as a frozen cgroup keeps it.
    @Test func removalEndsWhatIsStopped() throws {
        let container = try container("deaf", inUserNamespace: false)
        let (command, _) = try execute(container, at: .home)
        let pid = try joiner(of: container)
        kill(command.pid, SIGSTOP)
        #expect(try engine.call("delete", "--force", container.id).status == 0)
        #expect(engine.traces(of: container.id) == [])
        #expect(isGone(pid))
        kill(command.pid, SIGKILL)
        _ = try command.wait(for: "exec", within: 60)
    }
}
