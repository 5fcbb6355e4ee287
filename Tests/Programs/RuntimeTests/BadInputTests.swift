import Glibc
import Linux
import OCI
import Testing

/// Malformed and hostile documents, bundles, names and state files: status 1, a message that names the field or the file,
/// and nothing left.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct BadInputTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// A call that must fail with nothing left and with words in its message.
    private func refused(
        _ document: [UInt8], _ words: String..., location: SourceLocation = #_sourceLocation
    ) throws {
        for command in ["create", "run"] {
            let id = engine.name()
            let answer = try engine.call(command, "--bundle", try engine.bundle(document), id)
            #expect(answer.status == 1, "\(answer.complaints)", sourceLocation: location)
            for word in words {
                #expect(answer.complaints.contains(word), "\(answer.complaints)", sourceLocation: location)
            }
            #expect(engine.traces(of: id) == [], sourceLocation: location)
        }
    }

    /// What is no JSON, by line and column.
    @Test func noJSON() throws {
        for text in [
            "", "{", "[]", "nonsense", "{\"ociVersion\": \"1.0.2\",}", "{\"ociVersion\": \"1.0.2\"} x", "\u{0}",
        ] {
            try refused(Array(text.utf8), "config.json")
        }
        try refused([0xff, 0xfe, 0x7b], "config.json")
        try refused(Array((String(repeating: "[", count: 100_000)).utf8), "config.json")
    }

    /// A member of a wrong type or value is named by its path.
    @Test(arguments: [
        (#""process": 7"#, "process"),
        (#""process": {"args": "sh", "cwd": "/", "user": {"uid": 0, "gid": 0}}"#, "process.args"),
        (#""process": {"args": ["sh"], "cwd": "x", "user": {"uid": 0, "gid": 0}}"#, "process.cwd"),
        (#""process": {"args": ["sh"], "cwd": "/", "user": {"uid": -1, "gid": 0}}"#, "process.user.uid"),
        (
            #""process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "rlimits": [{"type": "RLIMIT_FLY", "soft": 1, "hard": 1}]}"#,
            "process.rlimits[0].type"
        ),
        (#""mounts": [{"type": "tmpfs"}]"#, "mounts[0].destination"), (#""mounts": {"destination": "/x"}"#, "mounts"),
        (#""hooks": {"createRuntime": [{"path": "relative"}]}"#, "hooks.createRuntime[0].path"),
        (#""hooks": {"poststop": [{"path": "/bin/true", "timeout": -1}]}"#, "hooks.poststop[0].timeout"),
        (#""root": {"path": ""}"#, "root.path"), (#""root": null"#, "root"),
        (#""linux": {"namespaces": [{"type": "mount"}, {"type": "flying"}]}"#, "linux.namespaces[1].type"),
        (#""linux": {"namespaces": [{"type": "mount"}, {"type": "mount"}]}"#, "linux.namespaces"),
        (#""linux": {"namespaces": []}, "mounts": [{"destination": "/tmp", "type": "tmpfs"}]"#, "mounts"),
        (
            #""linux": {"namespaces": [{"type": "mount"}], "resources": {"memory": {"limit": "1G"}}}"#,
            "linux.resources.memory.limit"
        ),
        (
            #""linux": {"namespaces": [{"type": "mount"}], "resources": {"memory": {"limit": 2000000, "swap": 1000000}}}"#,
            "linux.resources.memory.swap"
        ),
        (#""linux": {"namespaces": [{"type": "mount"}], "cgroupsPath": "../../x"}"#, "linux.cgroupsPath"),
        (
            #""linux": {"namespaces": [{"type": "mount"}], "devices": [{"type": "x", "path": "/dev/x"}]}"#,
            "linux.devices[0].type"
        ),
        (#""linux": {"namespaces": [{"type": "mount"}], "rootfsPropagation": "sideways"}"#, "linux.rootfsPropagation"),
        (
            #""linux": {"namespaces": [{"type": "mount"}], "seccomp": {"defaultAction": "SCMP_ACT_FLY"}}"#,
            "linux.seccomp.defaultAction"
        ),
        (#""linux": {"namespaces": [{"type": "mount"}, {"type": "user"}]}"#, "linux.uidMappings"),
        (#""ociVersion": "2.0.0""#, "ociVersion"), (#""ociVersion": 1"#, "ociVersion"),
        (#""hostname": "x""#, "hostname"),
    ])
    func wrongMembers(member: String, path: String) throws {
        let parts = [
            ("ociVersion", #""ociVersion": "1.0.2""#), ("root", "\"root\": {\"path\": \"\(engine.rootfs)\"}"),
            ("process", #""process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0}}"#),
            ("linux", #""linux": {"namespaces": [{"type": "mount"}]}"#),
        ]
        let others = parts.filter { !member.hasPrefix("\"\($0.0)\"") }.map(\.1)
        try refused(Array("{\((others + [member]).joined(separator: ", "))}".utf8), path)
    }

    /// Bundles and root file systems that are not there or are something else.
    @Test func bundles() throws {
        for bundle in ["/not/there", "/etc/passwd", engine.place + "/empty"] {
            mkdir(engine.place + "/empty", 0o755)
            let answer = try engine.call("create", "--bundle", bundle, "x")
            #expect(answer.status == 1)
            #expect(answer.complaints.contains(bundle), "\(answer.complaints)")
        }
        try engine.write("", to: "file")
        for path in ["/not/there", engine.place + "/file", "../../../../../../not/there"] {
            try refused(engine.configuration("true") { $0.root?.path = path }.json(), path)
        }
        // A directory in place of the document, one that nobody may read as much as one can, one without end.
        mkdir(engine.place + "/directory", 0o755)
        mkdir(engine.place + "/directory/config.json", 0o755)
        #expect(
            try engine.call("create", "--bundle", engine.place + "/directory", "x").complaints.contains("config.json"))
        #expect(try engine.call("list", "-q").output.isEmpty)
    }

    /// Whatever an error quotes of a configuration stays in its line and does nothing to a terminal; in the log it is JSON's affair.
    @Test func textsThatSteer() throws {
        let text = "\u{1B}]0;owned\u{07}\u{1B}[2J\nisolab-runtime: all is well\u{202E}"
        let changes: [(inout RuntimeConfiguration) -> Void] = [
            { $0.process?.arguments = [text] }, { $0.process?.workingDirectory = "/" + text },
            { $0.mounts.append(.init(destination: "/" + text, type: "bind", source: "/not/there")) },
            { $0.mounts.append(.init(destination: "/mnt", type: text, source: text)) },
            { $0.root?.path = "/" + text }, { $0.hostname = text + String(repeating: "x", count: 100) },
            { $0.hooks = .init(createRuntime: [.init(path: "/" + text)]) },
            { $0.process?.capabilities?.bounding.append(text) }, { $0.linux?.cgroupsPath = "/" + text },
        ]
        for (index, change) in changes.enumerated() {
            let bundle = try engine.bundle(engine.configuration("true", change: change))
            for log in [[], ["--log", engine.place + "/log\(index)", "--log-format", "json"]] {
                let answer = try engine.call(log + ["run", "--bundle", bundle, engine.name()])
                for line in answer.complaints.split(separator: "\n") {
                    let isOwn = line.hasPrefix("isolab-runtime: ") && !line.hasPrefix("isolab-runtime: all")
                    #expect(isOwn, "\(index): \(line)")
                }
                #expect(
                    !answer.complaints.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E })
            }
        }
        let unknown = try engine.call(text)
        #expect(unknown.complaints.split(separator: "\n").count == 1 && !unknown.complaints.contains("\u{1B}"))
        let named = try engine.call("state", text)
        #expect(named.complaints.split(separator: "\n").count == 1 && !named.complaints.contains("\u{1B}"))
    }

    /// Names that would lead out of the state directory or break what is printed.
    @Test(arguments: ["../x", "", ".", "..", "a/b", "/etc", "a b", "a\nb", "ä", String(repeating: "x", count: 2000)])
    func names(name: String) throws {
        let bundle = try engine.bundle(engine.configuration("true"))
        for words in [
            ["create", "--bundle", bundle], ["state"], ["delete", "--force"], ["kill"], ["start"],
            ["run", "--bundle", bundle],
        ] {
            let answer = try engine.call(words + ["--", name])
            #expect(answer.status == 1, "\(words)")
            #expect(!answer.complaints.isEmpty)
        }
        #expect(((try? SystemFile.names(in: engine.root)) ?? []).isEmpty)
    }

    /// State files that are cut off, empty, of another shape: the file is named, `list` still lists the others, and
    /// `delete --force` removes what there is.
    @Test(arguments: ["", "{", "{}", "null", #"{"ociVersion": "1.0.2", "id": 7}"#, "binary"])
    func stateFiles(text: String) throws {
        let container = try engine.created("exec sleep 1000")
        let good = try engine.created("exec sleep 1000")
        let file = "\(engine.root)/\(container.id)/container.json"
        let content = text == "binary" ? [UInt8](repeating: 0xff, count: 1000) : Array(text.utf8)
        try SystemFile.replace(file, with: content)
        for command in ["state", "start", "kill", "pause", "ps"] {
            let answer = try container.call(command)
            #expect(answer.status == 1)
            #expect(answer.complaints.contains("container.json"), "\(command): \(answer.complaints)")
            #expect(answer.complaints.contains(container.id), "\(command): \(answer.complaints)")
        }
        let list = try engine.call("list", "--format", "json")
        #expect(list.output.contains("\"\(good.id)\""), "\(list.complaints)")
        #expect(list.complaints.contains("container.json"))
        try container.remove()
        #expect(good.status == .created)
        try good.remove()
    }

    /// A state directory that somebody else could write to, or that is a link, is not trusted.
    @Test func stateDirectory() throws {
        mkdir(engine.root, 0o755)
        chmod(engine.root, 0o777)
        let open = try engine.call("list")
        #expect(open.status == 1)
        #expect(open.complaints.contains(engine.root))
        chmod(engine.root, 0o711)
        symlink(engine.root, engine.place + "/link")
        let link = try engine.run([Engine.program, "--root", engine.place + "/link", "list"])
        #expect(link.status == 1)
    }

    /// Too many arguments, options without values, values that are none.
    @Test func words() throws {
        let bundle = try engine.bundle(engine.configuration("true"))
        for (words, named) in [
            (["create"], "container-id"), (["create", "--bundle"], "--bundle"),
            (["create", "--bundle", bundle, "a", "b"], "'b'"),
            (["create", "--preserve-fds", "-1", "--bundle", bundle, "a"], "--preserve-fds"),
            (["create", "--pid-file", "/not/there/pid", "--bundle", bundle, "pidfile"], "/not/there/pid"),
            (["events", "--interval", "never", "a"], "--interval"), (["kill", "a", "b", "c"], "'c'"),
            (["list", "extra"], "'extra'"),
            (["checkpoint", "--image-path", "/x", "a"], "checkpoint: checkpoints are not supported"),
            (["restore", "a"], "restore: checkpoints are not supported"), (["fly"], "unknown command 'fly'"),
        ] {
            let answer = try engine.call(words)
            #expect(answer.status == 1)
            #expect(answer.complaints.contains(named), "\(answer.complaints)")
        }
        #expect(engine.traces(of: "pidfile") == [])
    }

    /// A FIFO without another end holds nothing up, wherever a path is a stranger's: it is refused, and named with its field. So is
    /// any other file that is no namespace.
    @Test func pathsThatWait() throws {
        let fifo = engine.place + "/fifo"
        try #require(mkfifo(fifo, 0o600) == 0)
        for kind in [RuntimeConfiguration.Namespace.Kind.network, .pid, .ipc, .uts, .user, .cgroup] {
            for path in [fifo, "/dev/null", "/etc/passwd"] {
                let document = try engine.configuration("true") {
                    $0.linux?.namespaces.removeAll { $0.kind == kind }
                    $0.linux?.namespaces.append(.init(kind, path: path))
                }.json()
                try refused(document, path)
            }
        }
        let named = try engine.configuration("true") {
            $0.linux?.namespaces.removeAll { $0.kind == .network }
            $0.linux?.namespaces.append(.init(.network, path: fifo))
        }.json()
        try refused(named, "linux.namespaces")

        let bundle = try engine.bundle(engine.configuration("true"))
        for path in [fifo, "/dev/null"] {
            for command in ["create", "run"] {
                let id = engine.name()
                let answer = try engine.call(command, "--pid-file", path, "--bundle", bundle, id)
                #expect(answer.status == 1)
                #expect(
                    answer.complaints.contains(path) && answer.complaints.contains("--pid-file"),
                    "\(answer.complaints)")
                #expect(engine.traces(of: id) == [])
            }
        }
        let container = try engine.started("exec sleep 1000")
        let joined = try engine.call("exec", "--pid-file", fifo, container.id, "/bin/true")
        #expect(joined.status != 0 && joined.complaints.contains("--pid-file"), "\(joined.complaints)")
        try container.remove()

        unlink(bundle + "/config.json")
        try #require(mkfifo(bundle + "/config.json", 0o600) == 0)
        let answer = try engine.call("create", "--bundle", bundle, "waiting")
        #expect(answer.status == 1 && answer.complaints.contains("config.json"), "\(answer.complaints)")
        #expect(engine.traces(of: "waiting") == [])
    }

    /// A cgroup cannot have the name of one of the kernel's files: nothing is left of the way there.
    @Test(arguments: ["tasks", "cgroup.procs"]) func cgroupNamedLikeAFile(name: String) throws {
        let parent = engine.name()
        let document = try engine.configuration("true") { $0.linux?.cgroupsPath = "/\(parent)/\(name)" }.json()
        let id = engine.name()
        let answer = try engine.call("run", "--bundle", try engine.bundle(document), id)
        let top = "/sys/fs/cgroup"
        let hierarchies = [top] + (try SystemFile.names(in: top)).map { "\(top)/\($0)" }
        // With v2 alone "tasks" is a name like any other.
        #expect(answer.status == 1 || name == "tasks", "\(answer.complaints)")
        #expect(hierarchies.filter { SystemFile.exists("\($0)/\(parent)") } == [], "\(answer.complaints)")
        #expect(engine.traces(of: id) == [])
    }
}
