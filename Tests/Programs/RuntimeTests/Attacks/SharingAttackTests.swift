import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// What of its maker's surroundings a container shares unless it is parted from it: cgroup hierarchies, keys, the files on its
/// standard streams, the cgroup of a container that was there before. The same attacks on runc and crun, to test the tests.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct SharingAttackTests {
    let engine: Engine

    init() throws {
        engine = try Engine()
        try Probe.install(in: engine)
    }

    /// Those that run at all here: newer versions of crun refuse hosts that have controllers on both versions of cgroups.
    private func peers() throws -> [String] {
        try ["runc", "crun"].filter(TestHost.has).filter {
            try run($0, engine.configuration("echo runs")).output == "runs\n"
        }
    }

    private func administers(_ configuration: inout RuntimeConfiguration) {
        for set in [\RuntimeConfiguration.Capabilities.bounding, \.effective, \.permitted] {
            configuration.process?.capabilities?[keyPath: set].append("CAP_SYS_ADMIN")
        }
    }

    /// Runs a configuration with another runtime, whose state is the test's.
    private func run(_ peer: String, _ configuration: RuntimeConfiguration, prefix: [String] = []) throws
        -> Engine.Answer
    {
        var configuration = configuration
        configuration.ociVersion = "1.0.2"
        let bundle = try engine.bundle(configuration)
        return try engine.run(
            prefix + [peer, "--root", engine.place + "/\(peer)", "run", "--bundle", bundle, engine.name()])
    }

    // MARK: - Hierarchies

    /// With CAP_SYS_ADMIN a container mounts a v1 hierarchy anew and finds the root of its cgroup namespace there, which is where
    /// its maker was in each that it did not join: the host's root, with `release_agent`, a program that the host runs. For the
    /// first process and for one that joins. Naive: a new cgroup namespace alone.
    @Test(
        .enabled(
            if: TestHost.layout?.hierarchies.contains { $0.version == 1 } == true,
            "[host] needs a hierarchy of cgroup v1"))
    func hostsHierarchyMounted() throws {
        let naive = try engine.shell("exec unshare -C -m --propagation private \(try Probe.path) cgroup-root")
        #expect(Probe.verdicts(naive.output) == ["cgroup-root": "open"], "the negative control does not attack")

        let look = "probe cgroup-root; cat /proc/self/cgroup"
        let ours = try engine.run(look, change: administers)
        #expect(ours.output.hasPrefix("cgroup-root\tclosed\t"), "\(ours.output)\(ours.complaints)")
        // Its own group is the root of each, as it sees it.
        let groups = ours.output.split(separator: "\n").dropFirst()
        #expect(groups.count >= TestHost.layout?.hierarchies.count ?? 1)
        #expect(groups.allSatisfy { $0.hasSuffix(":/") }, "\(ours.output)")
        for peer in try peers() {
            let answer = try run(peer, try engine.configuration(look, change: administers))
            #expect(answer.output.hasPrefix("cgroup-root\tclosed\t"), "\(peer): \(answer.output)\(answer.complaints)")
        }

        let container = try engine.started("exec sleep 1000", change: administers)
        #expect(try container.execute("probe cgroup-root").output.hasPrefix("cgroup-root\tclosed\t"))
        let pid = try #require(try container.state().pid)
        for line in Engine.text("/proc/\(pid)/cgroup").split(separator: "\n") {
            #expect(line.hasSuffix("/\(container.id)"), "\(line)")
        }
        try container.remove()
    }

    // MARK: - Keys

    private func keyring(_ answer: Engine.Answer) -> String? { Probe.verdicts(answer.output)["session-key"] }

    /// A program finds the keys of the session keyring that it was born with. A container has a new one, and so has a process that
    /// joins; with --no-new-keyring it has its caller's, which is the negative control.
    @Test func sessionKeys() throws {
        let host = [try Probe.path, "with-key"]
        #expect(keyring(try engine.run(host + [try Probe.path, "session-key"])) == "open", "keys are not kept here")
        let configuration = engine.configuration("probe session-key")
        let bundle = try engine.bundle(configuration)
        let runtime = [Engine.program, "--root", engine.root]
        let shared = try engine.run(
            host + runtime + ["run", "--no-new-keyring", "--bundle", bundle, engine.name()])
        #expect(keyring(shared) == "open", "the negative control does not attack: \(shared.complaints)")
        let own = try engine.run(host + runtime + ["run", "--bundle", bundle, engine.name()])
        #expect(keyring(own) == "closed", "\(own.complaints)")
        for peer in try peers() {
            #expect(keyring(try run(peer, configuration, prefix: host)) == "closed", "\(peer)")
        }

        let container = try engine.started("exec sleep 1000")
        let words = ["exec", container.id, "probe", "session-key"]
        #expect(keyring(try engine.run(host + runtime + words)) == "closed")
        try container.remove()
    }

    /// The keyring of a container is one for all its processes, and by no name that another container could guess: what the first
    /// process keeps, one that joins finds; another container's root does not, though it is the same user to the kernel.
    @Test func keyringOfAContainer() throws {
        let container = try engine.started("exec probe with-own-key sleep 1000")
        try Eventually.holds("the key is kept") {
            keyring(try container.execute("probe session-key")) == "open"
        }
        let other = try engine.started("exec sleep 1000") { $0.linux?.maskedPaths = [] }
        #expect(keyring(try other.execute("probe session-key")) == "closed")
        let named = try engine.run([
            Engine.program, "--root", engine.root, "exec", other.id, "probe", "join-key", container.id,
        ])
        #expect(named.output != "joined\n", "\(named.output)")
        try other.remove()
        try container.remove()
    }

    /// With a user namespace the same: names of keyrings are each namespace's own.
    @Test func keyringInAUserNamespace() throws {
        let container = try engine.started("exec probe with-own-key sleep 1000") {
            $0.linux?.namespaces.append(.init(.user))
            $0.linux?.sysctl = [:]
            $0.linux?.uidMappings = [.init(containerID: 0, hostID: 300_000, size: 65536)]
            $0.linux?.gidMappings = [.init(containerID: 0, hostID: 300_000, size: 65536)]
        }
        try Eventually.holds("the key is kept") {
            keyring(try container.execute("probe session-key")) == "open"
        }
        try container.remove()
    }

    // MARK: - Streams

    /// The null device on a standard stream is the container's own: its mode can be changed by whoever has it, and the host's is
    /// everybody's. As with runc. Naive: what the caller had open.
    @Test func hostsNullDevice() throws {
        let script = "chmod 0600 /proc/self/fd/0; probe null-device"
        let naive = try NaiveLaunch.run(
            engine, "exec </data/null; probe null-device", root: engine.rootfs,
            mounts: [.init(source: try nullOfTheTest(), target: "/data/null")], devices: true)
        #expect(Probe.verdicts(naive.output) == ["null-device": "open"], "the negative control does not attack")
        var before = stat()
        var after = stat()
        try #require(stat("/dev/null", &before) == 0)
        defer { chmod("/dev/null", before.st_mode & 0o7777) }
        let bundle = try engine.bundle(engine.configuration(script))
        for (name, runtime) in [("isolab", "$runtime"), ("runc", "runc --root $place/runc")]
        where name == "isolab" || TestHost.has(name) {
            let answer = try engine.shell("exec \(runtime) run --bundle \(bundle) \(engine.name()) < /dev/null")
            // runc gives its own pipes where it stays in the foreground.
            let verdict = Probe.verdicts(answer.output)["null-device"]
            #expect(verdict == "closed" || verdict == "absent" && name == "runc", "\(name): \(answer.complaints)")
            try #require(stat("/dev/null", &after) == 0)
            #expect(before.st_mode == after.st_mode, "\(name)")
        }
    }

    /// A null device that it does no harm to spoil.
    private func nullOfTheTest() throws -> String {
        try engine.write("", to: engine.rootfs + "/data/null")
        let path = engine.place + "/null"
        guard mknod(path, S_IFCHR | 0o666, 0x103) == 0 else { throw SystemError("mknod", path) }
        return path
    }

    // MARK: - A cgroup after another

    /// A container that has ended leaves its cgroup to whoever asks for the same place; to delete it then, or to signal all of it,
    /// does not reach the other's processes.
    @Test func deletionBesideAnother() throws {
        let place = "/test-shared-\(engine.name())"
        func sharing(_ configuration: inout RuntimeConfiguration) { configuration.linux?.cgroupsPath = place }
        let first = try engine.started("exec sleep 1000", change: sharing)
        #expect(try engine.call("kill", first.id, "KILL").status == 0)
        try first.awaitEnd()
        let second = try engine.started("exec sleep 1000", change: sharing)
        let all = try engine.call("kill", "--all", first.id, "KILL")
        #expect(all.status == 1 && second.status == .running, "\(all.complaints)")
        let answer = try engine.call("delete", first.id)
        #expect(answer.status == 0 && answer.complaints.contains("other processes are in it"), "\(answer.complaints)")
        #expect(second.status == .running)
        #expect(try second.execute("echo alive").output == "alive\n")
        try second.remove()
        for hierarchy in TestHost.layout?.hierarchies ?? [] { rmdir(hierarchy.mountPoint + place) }
    }
}
