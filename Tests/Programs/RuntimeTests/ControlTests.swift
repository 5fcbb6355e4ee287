import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// The commands beyond the specification's five that engines call, and the global options.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct ControlTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// `list`: a table, JSON, names alone.
    @Test func list() throws {
        #expect(try engine.call("list", "--format", "json").output == "[]\n")
        let container = try engine.created("exec sleep 1000")
        let table = try engine.call("list").output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(table.first == ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"])
        #expect(table.last?.first.map(String.init) == container.id)
        #expect(table.last?.last == "root")
        let json = try engine.call("list", "-f", "json").output
        #expect(json.contains("\"status\":\"created\""))
        #expect(json.contains("\"bundle\":\"\(container.bundle)\""))
        #expect(try engine.call("list", "-q").output == container.id + "\n")
        #expect(try engine.call("list", "--format", "xml").complaints.contains("--format"))
        try container.remove()
    }

    /// `ps`: the processes inside and no others, as a table of ps(1) and as JSON.
    @Test(.enabled(if: TestHost.has("ps"), "needs ps (procps)")) func processes() throws {
        let container = try engine.started("sleep 1001 & exec sleep 1002")
        try Eventually.holds("both run") { Engine.processes(of: container.id).count == 2 }
        let table = try container.call("ps").output
        #expect(table.hasPrefix("UID"))
        #expect(table.contains("sleep 1001") && table.contains("sleep 1002"))
        #expect(table.split(separator: "\n").count == 3)
        let json = try container.call("ps", "--format", "json").output
        let numbers = json.split { !$0.isNumber }.compactMap { Int32($0) }
        #expect(Set(numbers) == Set(Engine.processes(of: container.id)))
        #expect(try engine.call("ps", container.id, "-o", "pid,args").output.contains("sleep 1002"))
        try container.remove()
    }

    /// `update`: memory, processes, processor, by options and by JSON on standard input; what is not named stays.
    @Test(
        .enabled(if: TestHost.hasController("memory") && TestHost.hasController("pids"), "no memory or pids controller")
    )
    func update() throws {
        let container = try engine.started("exec sleep 1000") {
            $0.linux?.resources?.memory = .init(limit: 100 << 20)
            $0.linux?.resources?.devices.append(.init(allow: true, type: "c", major: 10, minor: 200, access: "rwm"))
        }
        func value(_ controller: String, _ files: String...) -> String {
            guard let hierarchy = TestHost.layout?.hierarchy(of: controller) else { return "" }
            let directory = "\(hierarchy.mountPoint)/\(Cgroup.base)/\(container.id)"
            return files.map { Engine.text("\(directory)/\($0)") }.joined()
        }
        #expect(value("memory", "memory.limit_in_bytes", "memory.max") == "\(100 << 20)\n")
        let opening = "mknod /tmp/k c 10 200; true < /tmp/k && echo opened"
        #expect(try container.execute(opening).output == "opened\n")

        #expect(try container.call("update", "--memory", "50331648", "--pids-limit", "77").status == 0)
        #expect(value("memory", "memory.limit_in_bytes", "memory.max") == "50331648\n")
        #expect(value("pids", "pids.max") == "77\n")
        let stdin = try container.call(
            "update", "--resources", "-",
            input: #"{"memory": {"limit": 67108864}, "cpu": {"quota": 50000, "period": 100000}}"#)
        #expect(stdin.status == 0, "\(stdin.complaints)")
        #expect(value("memory", "memory.limit_in_bytes", "memory.max") == "67108864\n")
        #expect(value("pids", "pids.max") == "77\n")
        if TestHost.hasController("cpu") {
            #expect(value("cpu", "cpu.cfs_quota_us", "cpu.max").hasPrefix("50000"))
        }
        if TestHost.hasController("cpuset") {
            #expect(try container.call("update", "--cpuset-cpus", "0").status == 0)
            #expect(value("cpuset", "cpuset.cpus") == "0\n")
            #expect(try container.execute("grep Cpus_allowed_list /proc/self/status").output.hasSuffix("\t0\n"))
        }
        // A limit that nothing here can keep is refused, not forgotten.
        if !TestHost.hasController("net_cls") {
            let answer = try container.call("update", "-r", "-", input: #"{"network": {"classID": 5}}"#)
            #expect(answer.status == 1 && answer.complaints.contains("network.classID"), "\(answer.complaints)")
            let (_, made) = try engine.create(
                engine.configuration("true") { $0.linux?.resources?.network = .init(classID: 5) })
            #expect(made.status == 1 && made.complaints.contains("network.classID"), "\(made.complaints)")
        }
        // Nothing was said of devices: what was allowed still is.
        #expect(try container.execute("rm /tmp/k; " + opening).output == "opened\n")

        for (words, named) in [
            (["--memory", "much"], "--memory"), (["--resources", "/not/there"], "/not/there"),
        ] as [([String], String)] {
            let answer = try engine.call(["update"] + words + [container.id])
            #expect(answer.status == 1)
            #expect(answer.complaints.contains(named), "\(answer.complaints)")
        }
        // As runc: an engine may send what changes nothing.
        #expect(try container.call("update").status == 0)
        #expect(try container.call("update", "-r", "-", input: "{}").status == 0)
        #expect(value("memory", "memory.limit_in_bytes", "memory.max") == "67108864\n")
        let wrong = try container.call("update", "-r", "-", input: #"{"memory": {"limit": "x"}}"#)
        #expect(wrong.status == 1)
        #expect(wrong.complaints.contains("memory.limit"))
        try container.remove()
    }

    /// `events --stats`: one line of JSON with the members runc's has, which engines read.
    @Test(
        .enabled(if: TestHost.hasController("memory") && TestHost.hasController("pids"), "no memory or pids controller")
    )
    func figures() throws {
        let container = try engine.started("exec sleep 1000")
        let answer = try container.call("events", "--stats")
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(answer.output.split(separator: "\n").count == 1)
        #expect(answer.output.hasPrefix(#"{"#))
        for member in [
            "\"type\":\"stats\"", "\"id\":\"\(container.id)\"", "\"data\":{", "\"memory\":{", "\"usage\":{",
            "\"cpu\":{", "\"pids\":{\"current\":1", "\"network_interfaces\":[]",
        ] + (TestHost.layout?.hierarchy(of: "cpuset")?.version == 1 ? Self.classicFigures : []) {
            #expect(answer.output.contains(member), "\(member) in \(answer.output)")
        }
        try container.remove()
    }

    private static let classicFigures = [
        "\"percpu_kernel\":[", "\"percpu_user\":[", "\"cpu_exclusive\":0", "\"mem_hardwall\":0", "\"mem_exclusive\":0",
        "\"memory_migrate\":", "\"memory_spread_page\":0", "\"memory_spread_slab\":0", "\"memory_pressure\":",
        "\"sched_load_balance\":", "\"sched_relax_domain_level\":-1", "\"limit\":9223372036854771712",
    ]

    /// What is no length of time is refused, also where it would not be used.
    @Test func interval() throws {
        let container = try engine.created("true")
        for word in ["abc", "0", "-1s", ""] {
            let answer = try container.call("events", "--interval", word, "--stats")
            #expect(answer.status == 1 && answer.complaints.contains("--interval"), "'\(word)': \(answer.complaints)")
        }
        try container.remove()
    }

    /// `events` tells of a kill for want of memory, and ends with the container.
    @Test(.enabled(if: TestHost.hasController("memory"), "no memory controller")) func wantOfMemory() throws {
        let container = try engine.started(
            "read line < /tmp/go; (head -c 60000000 /dev/zero | tail > /dev/null); exec sleep 1000"
        ) {
            $0.linux?.resources?.memory = .init(limit: 20 << 20)
        }
        mkfifo(engine.rootfs + "/tmp/go", 0o600)
        // The FIFO may have come after the program looked: start over where it did.
        let (process, streams) = try engine.begin(
            [Engine.program, "--root", engine.root, "events", "--interval", "50ms", container.id])
        try Eventually.holds("figures come: \(streams.complaints)") { streams.output.contains("\"stats\"") }
        let eaten = try container.execute("head -c 60000000 /dev/zero | tail > /dev/null")
        #expect(eaten.status == 137 || !eaten.complaints.isEmpty || eaten.status == 0)
        try Eventually.holds("the want of memory is told: \(streams.output.suffix(300))") {
            streams.output.contains("\"type\":\"oom\"")
        }
        _ = try engine.call("kill", container.id, "KILL")
        #expect(try process.wait(for: "events", within: 60).ending == .exited(0))
        try container.remove()
    }

    /// `features` is a document of the specification's, and what it says of hooks, namespaces and capabilities is so.
    @Test func features() throws {
        let answer = try engine.call("features")
        let features = try Features(json: Array(answer.output.utf8))
        #expect(features.ociVersionMax == "1.3.0")
        #expect(
            features.hooks == [
                "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
            ])
        #expect(
            Set(features.linux?.namespaces ?? []) == [
                "cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts",
            ])
        #expect(features.linux?.capabilities == CapabilitySet.names)
        // Every option it names is one it takes.
        let known = features.mountOptions ?? []
        #expect(known.contains("rro") && known.contains("tmpcopyup"))
        // Those that make no mount of their own, and propagation, have tests of theirs.
        let others: Set<String> = ["remount", "bind", "rbind", "idmap", "ridmap"]
        let taken = known.filter { option in
            !others.contains(option)
                && !["shared", "slave", "private", "unbindable"].contains { (word: String) in option.hasSuffix(word) }
        }
        let mounts = try engine.run("grep -c /mnt/ /proc/self/mountinfo") {
            for option in taken {
                $0.mounts.append(
                    .init(destination: "/mnt/\(option)", type: "tmpfs", source: "tmpfs", options: [option]))
            }
        }
        #expect(mounts.output == "\(taken.count)\n", "\(mounts.complaints)")
    }

    /// `spec` writes a document that runs, and never over one that is there.
    @Test func specification() throws {
        let bundle = engine.place + "/starter"
        try SystemFile.makeDirectories(bundle)
        rename(engine.rootfs, bundle + "/rootfs")
        #expect(try engine.call("spec", "--bundle", bundle).status == 0)
        var configuration = try RuntimeConfiguration(json: try SystemFile.bytes(of: bundle + "/config.json"))
        #expect(configuration.process?.terminal == true)
        let again = try engine.call("spec", "--bundle", bundle)
        #expect(again.status == 1)
        #expect(again.complaints.contains("config.json"))
        configuration.process?.terminal = false
        configuration.process?.arguments = ["sh", "-c", "hostname; touch /x"]
        let answer = try engine.call(
            "run", "--bundle",
            try { () throws -> String in
                unlink(bundle + "/config.json")
                try SystemFile.replace(bundle + "/config.json", with: configuration.json())
                return bundle
            }(), engine.name())
        #expect(answer.output == "isolab\n", "\(answer.complaints)")
        #expect(answer.complaints.contains("Read-only file system"))
    }

    /// `--log` and `--log-format json`: one line with level, message and time; the message is on standard error too.
    @Test func log() throws {
        let file = engine.place + "/log"
        let answer = try engine.run(
            [Engine.program, "--root", engine.root, "--log", file, "--log-format", "json", "state", "nobody"])
        #expect(answer.status == 1)
        let line = Engine.text(file)
        #expect(line.hasPrefix(#"{"level":"error","msg":"cannot show container 'nobody'"#), "\(line)")
        #expect(line.contains(#""time":"20"#))
        #expect(line.split(separator: "\n").count == 1)
        #expect(answer.complaints.contains("nobody"))
        unlink(file)
        _ = try engine.run([Engine.program, "--root", engine.root, "--log=" + file, "state", "nobody"])
        #expect(Engine.text(file).hasPrefix("time=\"20"))
        #expect(Engine.text(file).contains("level=error"))
    }

    /// Without `--log`, JSON goes to standard error; a log that cannot be written fails the command, and an empty name is none.
    @Test func logElsewhere() throws {
        let json = try engine.run([Engine.program, "--root", engine.root, "--log-format", "json", "state", "nobody"])
        #expect(json.status == 1)
        #expect(json.complaints.hasPrefix(#"{"level":"error","msg":"cannot show"#), "\(json.complaints)")
        #expect(json.complaints.split(separator: "\n").count == 1)
        for path in ["/not/there/log", engine.place] {
            let answer = try engine.run([Engine.program, "--root", engine.root, "--log", path, "list"])
            #expect(answer.status == 1 && answer.complaints.contains(path), "\(answer.complaints)")
        }
        #expect(try engine.run([Engine.program, "--root", engine.root, "--log=", "list"]).status == 0)
    }

    /// What is said of one capability is said once, in however many sets it stands.
    @Test func warningsOnce() throws {
        let bundle = try engine.bundle(
            engine.configuration("true") {
                $0.process?.capabilities = .init(bounding: ["CAP_FLY"], effective: ["CAP_FLY"], permitted: ["CAP_FLY"])
                $0.mounts.append(.init(destination: "tmp/x", type: "tmpfs", source: "tmpfs"))
            })
        let answer = try engine.call("run", "--bundle", bundle, engine.name())
        #expect(answer.status == 0)
        #expect(answer.complaints.split(separator: "\n").count == 2, "\(answer.complaints)")
    }

    /// `--version` in the form engines parse; `--systemd-cgroup` without systemd, and a path for systemd without that option, are
    /// refused; unknown words are named.
    @Test func globalWords() throws {
        let version = try engine.run([Engine.program, "--version"])
        #expect(version.status == 0)
        #expect(version.output.split(separator: "\n").contains("spec: 1.3.0"))
        #expect(version.output.hasPrefix("isolab-runtime version "))
        #expect(try engine.run([Engine.program, "--help"]).output.contains("create"))
        if !SystemFile.exists("/run/systemd/private"), !SystemFile.exists("/run/dbus/system_bus_socket") {
            let bundle = try engine.bundle(engine.configuration("true"))
            let systemd = try engine.run(
                [Engine.program, "--root", engine.root, "--systemd-cgroup", "run", "--bundle", bundle, engine.name()])
            #expect(systemd.status == 1)
            #expect(systemd.complaints.contains("systemd must be the host's init"), "\(systemd.complaints)")
        }
        let path = try engine.run("true") { $0.linux?.cgroupsPath = "system.slice:isolab:name" }
        #expect(path.status == 1)
        #expect(path.complaints.contains("linux.cgroupsPath"))
        for (words, named) in [
            (["sing"], "sing"), (["--sideways", "list"], "--sideways"), (["state"], "container-id"),
            (["state", "a", "b"], "'b'"), (["--log-format", "xml", "list"], "--log-format"), (["--root"], "--root"),
        ] {
            let answer = try engine.run([Engine.program] + words)
            #expect(answer.status == 1)
            #expect(answer.complaints.contains(named), "\(answer.complaints)")
        }
    }

    /// The commit is told where the build left a note of it that is not older than the program.
    @Test func commit() throws {
        let copy = engine.place + "/isolab-runtime"
        #expect(try engine.run(["cp", Engine.program, copy]).status == 0)
        #expect(try !engine.run([copy, "--version"]).output.contains("commit"))
        try engine.write("0123abc\n", to: "isolab-runtime.commit")
        let lines = try engine.run([copy, "--version"]).output.split(separator: "\n")
        #expect(lines.dropFirst() == ["commit: 0123abc", "spec: 1.3.0"])
        #expect(try engine.run(["touch", "-d", "@1000000000", copy + ".commit"]).status == 0)
        #expect(try !engine.run([copy, "--version"]).output.contains("commit"))
    }

    /// `--debug` tells what is done; without it nothing of it is in the log.
    @Test func debug() throws {
        let bundle = try engine.bundle(engine.configuration("true"))
        let file = engine.place + "/log"
        let words = [Engine.program, "--root", engine.root, "--log", file, "--log-format", "json"]
        #expect(try engine.run(words + ["run", "--bundle", bundle, engine.name()]).status == 0)
        #expect(!Engine.text(file).contains("\"debug\""))
        let id = engine.name()
        #expect(try engine.run(words + ["--debug", "run", "--bundle", bundle, id]).status == 0)
        let lines = Engine.text(file).split(separator: "\n").filter { $0.hasPrefix(#"{"level":"debug""#) }
        for part in [
            "create '\(id)': namespaces", "execve", "create '\(id)': process", "delete '\(id)': it is stopped",
        ] {
            #expect(lines.contains { $0.contains(part) }, "\(part) in \(lines)")
        }
    }

    /// `cgroupsPath`: absolute below each hierarchy's root, and gone with the container, what was made above it too.
    @Test(.enabled(if: TestHost.hasController("memory"), "no memory controller")) func cgroupPath() throws {
        let top = "/isolab-test-\(getpid())"
        let container = try engine.started("exec sleep 1000") { $0.linux?.cgroupsPath = top + "//deep/./one/" }
        let pid = try #require(try container.state().pid)
        #expect(Engine.text("/proc/\(pid)/cgroup").contains(top + "/deep/one"))
        try container.remove()
        for hierarchy in TestHost.layout?.hierarchies ?? [] { #expect(!SystemFile.exists(hierarchy.mountPoint + top)) }
    }

    /// SIGKILL to a container without a pid namespace of its own ends all of it, also when its first process has ended already;
    /// another container in its cgroup's place is none of it.
    @Test func killWithoutNamespace() throws {
        func started(_ script: String, in place: String) throws -> Container {
            try engine.started(script) {
                $0.linux?.namespaces.removeAll { $0.kind == .pid }
                $0.linux?.cgroupsPath = place
            }
        }
        let place = "/\(engine.name())"
        let container = try started("sleep 1000 & exec sleep 1000", in: place)
        try Eventually.holds("both run") { Engine.processes(of: String(place.dropFirst())).count == 2 }
        #expect(try engine.call("kill", container.id, "KILL").status == 0)
        try Eventually.holds("both end") { Engine.processes(of: String(place.dropFirst())).isEmpty }
        try container.remove()

        let orphaned = try started("sleep 1000 & exit 0", in: place)
        try orphaned.awaitEnd()
        let left = Engine.processes(of: String(place.dropFirst()))
        #expect(left.count == 1)
        // It is listed, too.
        #expect(try engine.call("ps", "-f", "json", orphaned.id).output == "[\(left.first ?? 0)]\n")
        #expect(try engine.call("kill", orphaned.id, "TERM").status == 1)
        #expect(try engine.call("kill", orphaned.id, "KILL").status == 0)
        try Eventually.holds("it ends") { Engine.processes(of: String(place.dropFirst())).isEmpty }
        #expect(try engine.call("kill", orphaned.id, "KILL").status == 1)
        try orphaned.remove()
    }
}
