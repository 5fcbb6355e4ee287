import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// config-linux.md, "Namespaces", "User namespace mappings", "Offset for Time Namespace", "Sysctl", "Network Devices".
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct NamespaceTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// `hostname` and `domainname`.
    @Test func names() throws {
        let answer = try engine.run("hostname; cat /proc/sys/kernel/domainname") {
            $0.hostname = "box"
            $0.domainname = "example"
        }
        #expect(answer.output == "box\nexample\n")
    }

    /// A namespace that is not listed is the runtime's own.
    @Test func unlistedIsTheRuntimes() throws {
        let kinds: [(RuntimeConfiguration.Namespace.Kind, String)] = [
            (.network, "net"), (.ipc, "ipc"), (.uts, "uts"), (.pid, "pid"), (.cgroup, "cgroup"),
        ]
        let answer = try engine.run(kinds.map { "readlink /proc/self/ns/\($0.1)" }.joined(separator: ";")) {
            $0.linux?.namespaces = [.init(.mount)]
            $0.linux?.sysctl = [:]
            $0.mounts.removeAll { $0.type == "sysfs" || $0.type == "mqueue" }
        }
        let own = try kinds.map { try Procfs.namespace($0.1) }
        #expect(answer.output.split(separator: "\n").map(String.init) == own, "\(answer.complaints)")
    }

    /// Namespaces by path: another container's, each kind that can be shared.
    @Test(arguments: ["net", "ipc", "uts", "pid", "cgroup", "time", "user"]) func byPath(file: String) throws {
        let kind = RuntimeConfiguration.Namespace.Kind(rawValue: file == "net" ? "network" : file) ?? .network
        let mapping = RuntimeConfiguration.IDMapping(containerID: 0, hostID: 100_000, size: 65536)
        func adapt(_ configuration: inout RuntimeConfiguration) {
            if kind == .user {
                configuration.linux?.uidMappings = [mapping]
                configuration.linux?.gidMappings = [mapping]
                configuration.linux?.sysctl = [:]
            }
        }
        let first = try engine.started("exec sleep 1000") {
            if kind == .time || kind == .user { $0.linux?.namespaces.append(.init(kind)) }
            adapt(&$0)
        }
        let pid = try #require(try first.state().pid)
        let path = "/proc/\(pid)/ns/\(file)"
        let wanted = try Procfs.readLink(path)
        let seen = engine.place + "/seen"
        let hook = RuntimeConfiguration.Hook(
            path: "/bin/sh", arguments: ["sh", "-c", "readlink /proc/self/ns/\(file) >> \(seen)"],
            environment: ["PATH=/usr/bin:/bin"])
        let second = try engine.started("readlink /proc/self/ns/\(file); exec sleep 1000") {
            $0.linux?.namespaces.removeAll { $0.kind == kind }
            $0.linux?.namespaces.append(.init(kind, path: path))
            $0.hooks = .init(prestart: [hook], createRuntime: [hook])
            // The parameters of a namespace that is there already are its maker's.
            if kind == .network { $0.linux?.sysctl = [:] }
            adapt(&$0)
            if kind == .user {
                $0.linux?.uidMappings = []
                $0.linux?.gidMappings = []
            }
        }
        try Eventually.holds("it has said something: \(second.streams.complaints)") { !second.streams.output.isEmpty }
        #expect(second.streams.output == wanted + "\n")
        // The runtime's own hooks stay in the runtime's, whatever the container is born in; but for time, which a launcher enters
        // with all its children.
        let own = file == "time" ? wanted : try Procfs.readLink("/proc/self/ns/\(file)")
        #expect(Engine.text(seen) == "\(own)\n\(own)\n")
        // A process that joins the second comes into the same.
        #expect(try second.execute("readlink /proc/self/ns/\(file)").output == wanted + "\n")
        #expect(second.status == .running)
        try second.remove()
        #expect(first.status == .running)
        try first.remove()
    }

    /// One that mounts nothing.
    private func bare(
        _ script: String, mountNamespace path: String? = nil,
        change: (inout RuntimeConfiguration) -> Void = { _ in }
    ) -> RuntimeConfiguration {
        engine.configuration(script) {
            $0.mounts = []
            $0.linux?.maskedPaths = []
            $0.linux?.readonlyPaths = []
            $0.linux?.sysctl = [:]
            $0.linux?.namespaces.removeAll { $0.kind == .mount }
            if let path { $0.linux?.namespaces.append(.init(.mount, path: path)) }
            change(&$0)
        }
    }

    /// Without a mount namespace, where nothing needs one: the root is changed for the container's processes, those that join it too,
    /// and nothing of the host's mounts. Nor does it lead out: naive, with CAP_SYS_CHROOT, it does.
    @Test func withoutMountNamespace() throws {
        try Probe.install(in: engine)
        let naive = try NaiveLaunch.run(
            engine, "probe leave-root", root: engine.rootfs, before: [.holdRoot(path: engine.rootfs)],
            enter: .changeRoot)
        #expect(naive.output == "changed outside\n", "the negative control does not attack: \(naive.complaints)")
        rmdir(engine.rootfs + "/tmp/below")

        let before = Engine.text("/proc/self/mountinfo")
        let script = "ls -d /data /usr; echo one > /dev/null; probe leave-root; rm -r /tmp/below"
        let (container, answer) = try engine.create(bare(script + "; exec sleep 1000"))
        #expect(answer.status == 0, "\(answer.complaints)")
        let warned = try engine.call("run", "--bundle", try engine.bundle(bare("true")), engine.name())
        #expect(warned.complaints.contains("CAP_SYS_CHROOT is dropped"), "\(warned.complaints)")
        #expect(try container.call("start").status == 0)
        try container.awaitOutput("refused inside")
        #expect(container.streams.output == "/data\nrefused inside\n")
        let joined = try container.execute(script)
        #expect(joined.output == "/data\nrefused inside\n", "\(joined.complaints)")
        let pid = try #require(try container.state().pid)
        #expect(try Procfs.namespace("mnt", of: "\(pid)") == Procfs.namespace("mnt"))
        #expect(Engine.text("/proc/self/mountinfo") == before)
        try container.remove()
        // Root of a user namespace changes it with the rights of that one.
        let user = try engine.call(
            "run", "--bundle",
            try engine.bundle(
                bare("id -u; ls -d /data /usr") {
                    $0.linux?.namespaces.append(.init(.user))
                    $0.linux?.uidMappings = [.init(containerID: 0, hostID: 300_000, size: 65536)]
                    $0.linux?.gidMappings = [.init(containerID: 0, hostID: 300_000, size: 65536)]
                }), engine.name())
        #expect(user.output == "0\n/data\n", "\(user.complaints)")
    }

    /// What needs a mount namespace of the container's own is refused by its name, without one and in another's.
    @Test(arguments: [false, true]) func mountsAmongOthers(byPath: Bool) throws {
        let path = byPath ? "/proc/self/ns/mnt" : nil
        let changes: [(String, (inout RuntimeConfiguration) -> Void)] = [
            ("mounts", { $0.mounts = [.init(destination: "/proc", type: "proc", source: "proc")] }),
            ("linux.maskedPaths", { $0.linux?.maskedPaths = ["/proc/keys"] }),
            ("linux.readonlyPaths", { $0.linux?.readonlyPaths = ["/proc/sys"] }),
            ("linux.rootfsPropagation", { $0.linux?.rootfsPropagation = "rslave" }),
            ("root.readonly", { $0.root?.readonly = true }),
        ]
        for (field, change) in changes {
            let (container, answer) = try engine.create(bare("true", mountNamespace: path, change: change))
            #expect(answer.status == 1 && answer.complaints.contains("\(field): needs "), "\(answer.complaints)")
            #expect(engine.traces(of: container.id) == [])
        }
    }

    /// In another container's mount namespace: the files are that one's, its root or a directory in it; processes that join have the
    /// same root; and that container has what it had. The host's own is refused.
    @Test(arguments: ["/", "/data"]) func mountNamespaceByPath(root: String) throws {
        try SystemFile.makeDirectories(engine.rootfs + "/data/bin")
        for tool in ["busybox", "sh", "cat", "ls", "sleep"] {
            _ = try engine.run(["cp", "-P", engine.rootfs + "/bin/" + tool, engine.rootfs + "/data/bin/"])
        }
        let first = try engine.started("echo theirs > /tmp/file; exec sleep 1000") {
            $0.mounts.append(.init(destination: "/tmp", type: "tmpfs", source: "tmpfs"))
        }
        let pid = try #require(try first.state().pid)
        let before = Engine.text("/proc/\(pid)/mountinfo")
        let script = "ls -d /data /tmp/file; cat /tmp/file"
        let configuration = bare(script + "; exec sleep 1000", mountNamespace: "/proc/\(pid)/ns/mnt") {
            $0.root?.path = root
            $0.process?.environment = ["PATH=/bin"]
        }
        let (second, answer) = try engine.create(configuration)
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(try second.call("start").status == 0)
        let wanted = root == "/" ? "/data\n/tmp/file\ntheirs\n" : ""
        try Eventually.holds("it has looked") {
            second.streams.output == wanted
                && (root == "/" || second.streams.complaints.contains("can't open '/tmp/file'"))
        }
        #expect(try second.execute(script).output == wanted)
        #expect(
            try Procfs.namespace("mnt", of: "\(try second.state().pid ?? 0)") == Procfs.namespace("mnt", of: "\(pid)"))
        try second.remove()
        #expect(Engine.text("/proc/\(pid)/mountinfo") == before)
        #expect(try first.execute("cat /tmp/file").output == "theirs\n")
        try first.remove()

        let (own, refusal) = try engine.create(
            bare("true", mountNamespace: "/proc/self/ns/mnt") { $0.root?.path = root })
        #expect(refusal.status == 1 && refusal.complaints.contains("the host's own namespace"), "\(refusal.complaints)")
        #expect(engine.traces(of: own.id) == [])
    }

    /// A path that is no namespace, or one of another kind, is refused and named.
    @Test func pathsThatAreNone() throws {
        for path in ["/proc/self/ns/nothing", "/etc/passwd", "/proc/self/ns/uts"] {
            let (container, answer) = try engine.create(
                engine.configuration("true") {
                    $0.linux?.namespaces.removeAll { $0.kind == .network }
                    $0.linux?.namespaces.append(.init(.network, path: path))
                })
            #expect(answer.status == 1)
            #expect(answer.complaints.contains(path), "\(answer.complaints)")
            #expect(engine.traces(of: container.id) == [])
        }
    }

    /// The clocks of a time namespace are set off, of joining processes as well.
    @Test(.enabled(if: SystemFile.exists("/proc/self/ns/time"), "[host] this kernel has no time namespaces"))
    func timeOffsets() throws {
        let container = try engine.started("cut -d. -f1 /proc/uptime; exec sleep 1000") {
            $0.linux?.namespaces.append(.init(.time))
            $0.linux?.timeOffsets = ["boottime": .init(secs: 1_000_000), "monotonic": .init(secs: 500, nanosecs: 7)]
        }
        try Eventually.holds("it has said something") { !container.streams.output.isEmpty }
        let own = try #require(UInt64(Engine.text("/proc/uptime").prefix { $0 != "." }))
        let inside = try #require(UInt64(container.streams.output.prefix { $0 != "\n" }))
        #expect(inside > 1_000_000 && inside <= own + 1_000_000)
        let joined = try #require(
            UInt64(try container.execute("cut -d. -f1 /proc/uptime").output.prefix { $0 != "\n" }))
        #expect(joined >= inside)
        #expect(try container.execute("cat /proc/1/timens_offsets").output.contains("500"))
        try container.remove()
    }

    /// A user namespace: root inside is another user outside; devices, /proc and joining processes work.
    @Test func userNamespace() throws {
        let container = try engine.started(
            "id -u; cat /proc/self/uid_map; echo x > /dev/null && echo fine; touch /tmp/x && echo written; exec sleep 1000"
        ) {
            $0.linux?.namespaces.append(.init(.user))
            $0.linux?.uidMappings = [
                .init(containerID: 0, hostID: 100_000, size: 1000), .init(containerID: 1000, hostID: 200_000, size: 1),
            ]
            $0.linux?.gidMappings = [.init(containerID: 0, hostID: 300_000, size: 65536)]
            $0.linux?.sysctl = [:]
            chown(engine.rootfs + "/tmp", 100_000, 300_000)
        }
        try container.awaitOutput("written")
        let words = container.streams.output.split(whereSeparator: \.isWhitespace)
        #expect(words == ["0", "0", "100000", "1000", "1000", "200000", "1", "fine", "written"])
        let status = Engine.text("/proc/\(try #require(try container.state().pid))/status")
        #expect(status.contains("Uid:\t100000\t100000\t100000\t100000"))
        #expect(status.contains("Gid:\t300000\t300000\t300000\t300000"))
        #expect(try container.execute("id -u; grep Groups /proc/self/status").output == "0\nGroups:\t \n")
        #expect(try engine.call("exec", "--user", "1000:0", container.id, "id", "-u").output == "1000\n")
        try container.remove()
    }

    /// What the kernel makes with a namespace belongs to its root inside: the container's, and not a user that is nobody there.
    @Test func ownersInUserNamespace() throws {
        let answer = try engine.run(
            "for path in / /dev /dev/mqueue /dev/pts /dev/shm; do stat -c '%n %u:%g' $path; done; mkdir /dev/shm/x && echo made"
        ) {
            $0.linux?.namespaces.append(.init(.user))
            $0.linux?.uidMappings = [.init(containerID: 0, hostID: 100_000, size: 65536)]
            $0.linux?.gidMappings = [.init(containerID: 0, hostID: 100_000, size: 65536)]
            $0.linux?.sysctl = [:]
            chown(engine.rootfs, 100_000, 100_000)
        }
        #expect(
            answer.output
                == "/ 0:0\n/dev 0:0\n/dev/mqueue 0:0\n/dev/pts 0:0\n/dev/shm 0:0\nmade\n",
            "\(answer.complaints)")
    }

    /// Kernel parameters of the container's own namespaces.
    @Test func kernelParameters() throws {
        let answer = try engine.run("cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/msgmax") {
            $0.linux?.sysctl = ["net.ipv4.ip_default_ttl": "77", "kernel.msgmax": "4242"]
        }
        #expect(answer.output == "77\n4242\n", "\(answer.complaints)")
    }

    /// They are written in the document's order. A change of ip_forward sets the forwarding of every device; both ways of
    /// writing its name make sure that there is a change, whatever a new namespace begins with.
    @Test(arguments: [true, false]) func orderOfKernelParameters(deviceIsLast: Bool) throws {
        let change = #""net.ipv4.ip_forward": "0", "net/ipv4/ip_forward": "1""#
        let device = #""net.ipv4.conf.lo.forwarding": "0""#
        let parameters = deviceIsLast ? "\(change), \(device)" : "\(device), \(change)"
        let document = String(
            decoding: engine.configuration("cat /proc/sys/net/ipv4/conf/lo/forwarding") {
                $0.linux?.sysctl = ["kernel.msgmax": "4242"]
            }.json(), as: UTF8.self)
        let marked = #""kernel.msgmax": "4242""#
        let changed = document.replacing(marked, with: parameters).replacing(
            marked.replacing(" ", with: ""), with: parameters)
        #expect(changed != document)
        let bundle = try engine.bundle(Array(changed.utf8))
        let answer = try engine.call("run", "--bundle", bundle, engine.name())
        #expect(answer.output == (deviceIsLast ? "0\n" : "1\n"), "\(answer.complaints)")
    }

    /// What a joined namespace holds is not changed where that is the runtime's own: it would be the host's. In another's it is.
    @Test(arguments: ["sysctl net", "sysctl ipc", "hostname", "domainname"])
    func hostsNamespaceByPath(what: String) throws {
        let file = what == "sysctl net" ? "net" : what == "sysctl ipc" ? "ipc" : "uts"
        let parameter = ["sysctl net": "net/ipv4/ip_default_ttl", "sysctl ipc": "kernel/msgmax"][what]
        let host = "/proc/sys/" + (parameter ?? "kernel/\(what)")
        func configuration(_ path: String) -> RuntimeConfiguration {
            engine.configuration("cat \(host)") {
                let kind = RuntimeConfiguration.Namespace.Kind(rawValue: file == "net" ? "network" : file) ?? .uts
                $0.linux?.namespaces.removeAll { $0.kind == kind }
                $0.linux?.namespaces.append(.init(kind, path: path))
                $0.hostname = what == "hostname" ? "78" : nil
                $0.domainname = what == "domainname" ? "78" : nil
                $0.linux?.sysctl = [:]
                if let parameter { $0.linux?.sysctl[parameter] = "78" }
            }
        }
        let before = Engine.text(host)
        // A runtime that fails this test leaves the host as it was all the same.
        defer { if Engine.text(host) != before { try? SystemFile.write(before, to: host) } }
        let (container, answer) = try engine.create(configuration("/proc/\(getpid())/ns/\(file)"))
        #expect(answer.status == 1)
        #expect(answer.complaints.contains("the host's own namespace"), "\(answer.complaints)")
        #expect(engine.traces(of: container.id) == [])
        #expect(Engine.text(host) == before)

        let other = try engine.started("exec sleep 1000")
        let pid = try #require(try other.state().pid)
        let bundle = try engine.bundle(configuration("/proc/\(pid)/ns/\(file)"))
        #expect(try engine.call("run", "--bundle", bundle, engine.name()).output == "78\n")
        try other.remove()
    }

    /// One that is the whole host's is refused: it would change the host.
    @Test(arguments: ["kernel.panic", "vm.overcommit_memory", "fs.file-max", "kernel.core_pattern"])
    func parametersOfTheHost(name: String) throws {
        let before = Engine.text("/proc/sys/" + name.replacing(".", with: "/"))
        let answer = try engine.run("true") { $0.linux?.sysctl = [name: "1"] }
        #expect(answer.status == 1)
        #expect(answer.complaints.contains(name))
        #expect(Engine.text("/proc/sys/" + name.replacing(".", with: "/")) == before)
    }

    /// A network device of the host goes into the container, under its new name, with its address, and up; it leaves with it.
    @Test(.enabled(if: TestHost.has("ip"), "needs ip (iproute2)")) func networkDevices() throws {
        let device = "tst\(getpid() % 100_000)"
        let made = try engine.shell(
            "ip link add \(device) type veth peer name \(device)p && ip addr add 10.99.1.1/24 dev \(device)")
        try #require(made.status == 0, "\(made.complaints)")
        defer { _ = try? engine.shell("ip link del \(device)p 2>/dev/null") }
        let container = try engine.started("ip addr show eth7; exec sleep 1000") {
            $0.linux?.netDevices = [device: .init(name: "eth7")]
        }
        try Eventually.holds("it has said something: \(container.streams.complaints)") {
            container.streams.output.contains("inet ")
        }
        #expect(container.streams.output.contains("inet 10.99.1.1/24"))
        #expect(container.streams.output.contains("UP"))
        #expect(!SystemFile.exists("/sys/class/net/\(device)"))
        try container.remove()

        let missing = try engine.run("true") { $0.linux?.netDevices = ["nosuchdevice": .init()] }
        #expect(missing.status == 1)
        #expect(missing.complaints.contains("nosuchdevice"))
    }
}
