import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// Processes on their way into a container that something holds up: a file system whose server takes every question and answers none,
/// a cgroup that stands still. They are waited for a while, never forgotten, and gone in the end.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct HeldAttackTests {
    let engine: Engine

    init() throws {
        engine = try Engine()
        try Probe.installHostileFiles(in: engine)
    }

    private func isGone(_ pid: Int32) -> Bool { [nil, "Z", "X"].contains(try? Procfs.status(of: pid).state) }

    // MARK: - A first process that does not die

    /// Mounts a file system on the host that never answers, and says how to end it.
    private func deafMount() throws -> (path: String, server: RunningProcess, streams: Streams) {
        let path = engine.place + "/served"
        try SystemFile.makeDirectories(path)
        let (server, streams) = try engine.begin([engine.rootfs + "/bin/hostile", "silent", path])
        try Eventually.holds("it is mounted: \(streams.complaints)") { streams.output.contains("mounted") }
        return (path, server, streams)
    }

    /// A container whose maker was killed, with a first process that waits in the kernel, out of SIGKILL's reach: it is not forgotten,
    /// neither by a deletion nor by a forced one. Once nothing holds the process any more, all is removed. Naive: the deletion says that
    /// it went well, and process and cgroups stay for good.
    @Test(.timeLimit(.minutes(2)), .enabled(if: access("/dev/fuse", F_OK) == 0, "needs /dev/fuse"))
    func deletionOfWhatDoesNotDie() throws {
        let (path, server, streams) = try deafMount()
        defer {
            try? server.kill()
            _ = try? server.wait(for: "hostile", within: 60)
            umount2(path, Int32(MNT_DETACH))
        }
        let bundle = try engine.bundle(
            engine.configuration("true") {
                $0.mounts.append(.init(destination: "/mnt", type: "bind", source: path, options: ["bind"]))
                $0.process?.workingDirectory = "/mnt/below"
            })
        let id = engine.name()
        let (create, words) = try engine.begin([
            Engine.program, "--root", engine.root, "create", "--bundle", bundle, id,
        ])
        try Eventually.holds("it is held: \(words.complaints)") { streams.output.contains("asked") }
        try create.kill()
        _ = try create.wait(for: "create", within: 60)
        let held = try #require(Engine.processes(of: id).first, "\(words.complaints)")
        let container = Container(engine: engine, id: id, bundle: bundle, streams: words)
        #expect(container.status == .creating)
        let start = try engine.call("start", id)
        #expect(start.status == 1 && start.complaints.contains("its creation was interrupted"), "\(start.complaints)")
        for options in [[], ["--force"]] {
            let answer = try engine.call(["delete"] + options + [id])
            #expect(answer.status == 1 && answer.complaints.contains("process \(held) ("), "\(answer.complaints)")
            #expect(!isGone(held), "the negative control is gone: nothing held it")
            #expect(SystemFile.exists("\(engine.root)/\(id)"))
        }
        try server.kill()
        try Eventually.holds("it ends") { isGone(held) }
        #expect(container.status == .stopped)
        umount2(path, Int32(MNT_DETACH))
        try container.remove()
    }

    /// Whoever asks a launch to end that a file system of the host's holds up is heard, and what does not die is not forgotten. Naive: only
    /// SIGKILL ends it.
    @Test(.timeLimit(.minutes(2)), .enabled(if: access("/dev/fuse", F_OK) == 0, "needs /dev/fuse"))
    func launchHearsSignals() throws {
        let (path, server, streams) = try deafMount()
        defer {
            try? server.kill()
            _ = try? server.wait(for: "hostile", within: 60)
            umount2(path, Int32(MNT_DETACH))
        }
        let bundle = try engine.bundle(
            engine.configuration("true") {
                $0.mounts.append(.init(destination: "/mnt", type: "bind", source: path, options: ["bind"]))
                $0.process?.workingDirectory = "/mnt/below"
            })
        let id = engine.name()
        let (run, words) = try engine.begin([Engine.program, "--root", engine.root, "run", "--bundle", bundle, id])
        try Eventually.holds("it is held: \(words.complaints)") { streams.output.contains("asked") }
        try run.kill(SIGTERM)
        #expect(try run.wait(for: "run", within: 60).shellStatus == 1)
        #expect(words.complaints.contains("signal 15"), "\(words.complaints)")
        #expect(words.complaints.contains("`delete \(id)` removes what is left"), "\(words.complaints)")
        let held = try #require(Engine.processes(of: id).first, "the negative control is gone: nothing held it")
        try server.kill()
        try Eventually.holds("it ends") { isGone(held) }
        umount2(path, Int32(MNT_DETACH))
        try Container(engine: engine, id: id, bundle: bundle, streams: words).remove()
    }

    /// A start that waits for a program of the image's (a hook) keeps nobody from deleting the container by force. Naive: that is refused,
    /// for another command works on it.
    @Test(.timeLimit(.minutes(1))) func deletionWhileItStarts() throws {
        let container = try engine.created("true") {
            $0.hooks = .init(startContainer: [.init(path: "/bin/sleep", arguments: ["sleep", "1000"])])
        }
        let (start, words) = try engine.begin([Engine.program, "--root", engine.root, "start", container.id])
        try Eventually.holds("the hook runs: \(words.complaints)") {
            Engine.processes(of: container.id).contains { (try? Procfs.status(of: $0).name) == "sleep" }
        }
        try container.remove()
        // Its program has never run. Naive: it has started well.
        #expect(try start.wait(for: "start", within: 60).shellStatus == 1)
        #expect(words.complaints.contains("killed before its program could run"), "\(words.complaints)")
    }

    // MARK: - A cgroup that stands still

    /// A controller that a cgroup of v2 can pass on here, and a limit of it that limits nothing.
    private static let passedOn: (name: String, limit: String)? = {
        let names = TestHost.layout?.unified?.controllers ?? []
        return names.contains("pids")
            ? ("pids", "pids.max") : names.contains("hugetlb") ? ("hugetlb", "hugetlb.2MB.max") : nil
    }()

    /// A container whose first process is in a cgroup of v2 below its own, which can have none beside that.
    private func divided() throws -> (container: Container, inner: String) {
        let passed = try #require(Self.passedOn)
        let container = try engine.started("exec sleep 1000") {
            if $0.linux?.resources == nil { $0.linux?.resources = .init() }
            $0.linux?.resources?.unified = [passed.limit: "max"]
        }
        let unified = try #require(TestHost.layout?.unified)
        let own = "\(unified.mountPoint)/\(Cgroup.base)/\(container.id)"
        let first = try #require(try container.state().pid)
        try SystemFile.makeDirectories(own + "/inner")
        try SystemFile.write("\(first)", to: own + "/inner/cgroup.procs")
        try SystemFile.write("+\(passed.name)", to: own + "/cgroup.subtree_control")
        return (container, own + "/inner")
    }

    /// What is to run where nothing goes on is given up, and said so. Naive: it is waited for as long as anybody likes.
    @Test(.timeLimit(.minutes(1)), .enabled(if: passedOn != nil, "[host] needs a controller on cgroup v2"))
    func frozenBelow() throws {
        let (container, inner) = try divided()
        #expect(try container.execute("echo in").output == "in\n")
        try SystemFile.write("1", to: inner + "/cgroup.freeze")
        let answer = try container.execute("echo in")
        #expect(answer.status == 255 && answer.complaints.contains("have frozen the cgroup"), "\(answer.complaints)")
        try SystemFile.write("0", to: inner + "/cgroup.freeze")
        #expect(try container.execute("echo in").output == "in\n")
        try container.remove()
    }

    /// One whose launcher was killed before it could do its first step is still known, and goes with the container. Naive: it is nobody's,
    /// and keeps the cgroup.
    @Test(.timeLimit(.minutes(1)), .enabled(if: passedOn != nil, "[host] needs a controller on cgroup v2"))
    func leftBeforeItsFirstStep() throws {
        let (container, inner) = try divided()
        try SystemFile.write("1", to: inner + "/cgroup.freeze")
        let first = try container.state().pid
        let (command, words) = try engine.begin([
            Engine.program, "--root", engine.root, "exec", container.id, "/bin/true",
        ])
        var joiner: Int32?
        try Eventually.holds("it is born: \(words.complaints)") {
            joiner = Engine.processes(of: container.id).first { $0 != first }
            return joiner != nil
        }
        try command.kill()
        _ = try command.wait(for: "exec", within: 60)
        let left = try #require(joiner)
        #expect(!isGone(left), "the negative control does not hold: it ends with its launcher")
        try container.remove()
        #expect(isGone(left))
    }

    // MARK: - Words

    /// A process whose container is deleted meanwhile fails for that reason, and not for one that nobody looks for there.
    @Test(.enabled(if: access("/dev/fuse", F_OK) == 0, "needs /dev/fuse"), arguments: ["deaf", "silent"])
    func deletedMeanwhile(mode: String) throws {
        let container = try engine.started("ln -s /mnt/passwd /etc/passwd; exec hostile \(mode) /mnt") {
            $0.linux?.devices.append(.init(type: "c", path: "/dev/fuse", major: 10, minor: 229))
            if $0.linux?.resources == nil { $0.linux?.resources = .init() }
            $0.linux?.resources?.devices.append(.init(allow: true, type: "c", major: 10, minor: 229, access: "rwm"))
            for set in [\RuntimeConfiguration.Capabilities.bounding, \.effective, \.permitted] {
                $0.process?.capabilities?[keyPath: set].append("CAP_SYS_ADMIN")
            }
        }
        try container.awaitOutput("mounted")
        let (command, words) = try engine.begin([
            Engine.program, "--root", engine.root, "exec", container.id, "/bin/true",
        ])
        let first = try container.state().pid
        let own = try Procfs.namespace("mnt", of: "self")
        try Eventually.holds("it is held: \(words.complaints)") {
            Engine.processes(of: container.id).contains { pid in
                pid != first && (try? Procfs.namespace("mnt", of: "\(pid)")) != own
                    && ["S", "D"].contains(try? Procfs.status(of: pid).state)
            }
        }
        try container.remove()
        #expect(try command.wait(for: "exec", within: 60).shellStatus == 255)
        #expect(words.complaints.contains("the container ended, or was deleted"), "\(words.complaints)")
    }
}
