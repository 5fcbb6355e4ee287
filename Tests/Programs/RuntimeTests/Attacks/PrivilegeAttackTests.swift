import Glibc
import Linux
import OCI
import Testing

/// Privileges that other runtimes gave away unasked.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct PrivilegeAttackTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// CVE-2022-24769: inheritable capabilities nobody asked for, which a program with file capabilities turns into permitted
    /// ones: of the first process, of `exec`, of `exec --cap`, and of the document `spec` writes. Naive: the caller's own
    /// inheritable set stays.
    @Test func inheritableCapabilities() throws {
        let everything = CapabilitySet.boundingSet()
        let naive = try NaiveLaunch.run(
            engine, "grep CapInh /proc/self/status", root: engine.rootfs,
            after: [
                .mount(source: "proc", target: "/proc", type: "proc", flags: [], data: ""),
                .setCapabilities(effective: everything, permitted: everything, inheritable: everything),
            ])
        #expect(naive.output == "CapInh:\t" + hexadecimal(everything.rawValue) + "\n")

        let none = "CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n"
        let script = "grep 'CapInh\\|CapAmb' /proc/self/status"
        let container = try engine.started(script + "; exec sleep 1000")
        try container.awaitOutput("CapAmb")
        #expect(container.streams.output == none)
        #expect(try container.execute(script).output == none)
        #expect(try container.execute(script, "--cap", "CAP_NET_ADMIN").output == none)
        try container.remove()
        let bundle = engine.place + "/starter"
        try SystemFile.makeDirectories(bundle)
        #expect(try engine.call("spec", "--bundle", bundle).status == 0)
        let starter = try RuntimeConfiguration(json: try SystemFile.bytes(of: bundle + "/config.json"))
        #expect(starter.process?.capabilities?.inheritable == [])
        #expect(starter.process?.capabilities?.ambient == [])
    }

    private func hexadecimal(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// A configuration without capabilities gives none, not the caller's.
    @Test func capabilitiesThatAreNotListed() throws {
        let answer = try engine.run("grep 'CapEff\\|CapBnd' /proc/self/status") { $0.process?.capabilities = nil }
        #expect(answer.output == "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n")
    }

    /// CVE-2022-0492: release_agent of a cgroup v1, run by the kernel as root of the host. A container sees no hierarchy's
    /// root, can write to no cgroup file, and gets no writable mount of one through a user namespace of its own making.
    /// Naive: with the host's hierarchy bound in, it is there to be written.
    @Test(.enabled(if: TestHost.layout?.hierarchies.contains { $0.version == 1 } ?? false, "[host] no cgroup v1 here"))
    func releaseAgent() throws {
        let hierarchy = try #require(TestHost.layout?.hierarchies.first { $0.version == 1 })
        let naive = try NaiveLaunch.run(
            engine, "test -w /mnt/release_agent && echo writable", root: engine.rootfs,
            mounts: [.init(source: hierarchy.mountPoint, target: "/mnt")])
        #expect(naive.output == "writable\n", "the negative control does not attack")

        let script = """
            find /sys/fs/cgroup -name release_agent; touch /sys/fs/cgroup/x
            for f in $(find /sys/fs/cgroup -name 'cgroup.procs' -o -name notify_on_release); do echo 0 > $f && echo "wrote $f"; done
            unshare -UrmC /bin/sh -c 'mkdir -p /tmp/c && mount -t cgroup -o \(hierarchy.controllers.joined(separator: ",")) none /tmp/c; \
            test -e /tmp/c/release_agent && echo x > /tmp/c/release_agent && echo wrote'
            true
            """
        for ownNamespace in [true, false] {
            let answer = try engine.run(script) {
                if !ownNamespace { $0.linux?.namespaces.removeAll { $0.kind == .cgroup } }
            }
            #expect(answer.output.isEmpty, "\(answer.output)")
            #expect(answer.complaints.contains("Read-only file system"))
        }
    }

    /// A device node made inside gives no device of the host: what no list allows is denied, but the harmless ones. (Here
    /// the tunnel device stands for a disk: this host may not open its own.)
    @Test(.enabled(if: access("/dev/net/tun", R_OK) == 0, "no device that anybody may open")) func devices() throws {
        let script = "mknod /tmp/device c 10 200; true < /tmp/device && echo opened; rm /tmp/device"
        let naive = try NaiveLaunch.run(engine, script, root: engine.rootfs)
        #expect(naive.output == "opened\n", "the negative control does not attack: \(naive.complaints)")
        let answer = try engine.run(script) { $0.linux?.resources = nil }
        #expect(answer.output.isEmpty)
        #expect(answer.complaints.contains("not permitted"))
    }

    /// Keys, hidden files and the host's tree: nothing of the host's is mounted that the configuration does not list.
    @Test func nothingOfTheHost() throws {
        let answer = try engine.run("cut -d' ' -f4,5 /proc/self/mountinfo")
        let mounts = answer.output.split(separator: "\n").map { $0.split(separator: " ") }
        // Of the host's file systems only the root of the container itself, by its own directory.
        for mount in mounts where mount[0] != "/" {
            #expect(
                mount[0].hasSuffix("/rootfs") || mount[1].hasPrefix("/proc/") || mount[1].hasPrefix("/sys/fs/cgroup")
                    || mount[0] == "/null", "\(mount)")
        }
    }
}
