import Glibc
import Linux
import OCI
import Synchronization
import TestSupport

/// Calls the built `isolab-runtime` as an engine does: by its command line, with bundles and containers in a directory of
/// the test's own. What is left of them goes with the value.
final class Engine {
    /// What one call came to.
    struct Answer {
        let status: Int32
        let output: String
        let complaints: String
    }

    /// Beside the test product.
    static let program: String = {
        let own = (try? Procfs.readLink("/proc/self/exe")) ?? ""
        return own[..<(own.lastIndex(of: "/") ?? own.startIndex)] + "/isolab-runtime"
    }()

    private static let serial = Atomic<Int>(0)

    private let directory: TemporaryDirectory
    let place: String
    let rootfs: String
    /// `--root`.
    let root: String
    private var bundles = 0

    init() throws {
        directory = try TemporaryDirectory(mode: 0o755)
        place = directory.path
        rootfs = place + "/rootfs"
        root = place + "/state"
        for folder in ["bin", "proc", "sys", "dev", "tmp", "etc", "data", "mnt"] {
            try SystemFile.makeDirectories("\(rootfs)/\(folder)")
        }
        chmod(rootfs + "/tmp", 0o1777)
        let busybox = TestHost.busybox ?? "/bin/busybox"
        guard try ProcessPlan("cp", [busybox, rootfs + "/bin/busybox"]).spawn().wait().succeeded else {
            throw SystemError("cp", busybox, errno: 0)
        }
        for tool in Self.tools { symlink("busybox", "\(rootfs)/bin/\(tool)") }
    }

    private static let tools = [
        "sh", "cat", "id", "ls", "hostname", "mkdir", "touch", "sleep", "ip", "true", "false", "head", "mknod", "grep",
        "rm", "readlink", "wc", "stat", "tail", "kill", "mount", "umount", "uname", "dd", "ps", "tr", "cut", "ln", "mv",
        "env", "stty", "tty", "nice", "ionice", "unshare", "od", "chmod", "cp", "date", "test", "find",
    ]

    deinit {
        for id in (try? SystemFile.names(in: root)) ?? [] { _ = try? call("delete", "--force", id) }
    }

    // MARK: - Bundles

    /// A name no other test has.
    func name() -> String { "t\(getpid())-\(Self.serial.add(1, ordering: .relaxed).newValue)" }

    /// Docker's container without its profile, that runs a shell script.
    func configuration(_ script: String) -> RuntimeConfiguration { configuration(script) { _ in } }

    func configuration(
        _ script: String, change: (inout RuntimeConfiguration) throws -> Void
    ) rethrows -> RuntimeConfiguration {
        var configuration = RuntimeConfiguration.docker(
            arguments: ["/bin/sh", "-c", script], rootPath: rootfs, seccomp: nil)
        configuration.ociVersion = RuntimeConfiguration.specificationVersion
        try change(&configuration)
        return configuration
    }

    /// A bundle of its own.
    func bundle(_ configuration: RuntimeConfiguration) throws -> String { try bundle(configuration.json()) }

    func bundle(_ document: [UInt8]) throws -> String {
        bundles += 1
        let path = "\(place)/bundle\(bundles)"
        try SystemFile.makeDirectories(path)
        try SystemFile.replace(path + "/config.json", with: document, mode: 0o644)
        return path
    }

    // MARK: - Calls

    /// Calls the runtime and waits for it.
    @discardableResult
    func call(_ arguments: String..., input: String = "") throws -> Answer { try call(arguments, input: input) }

    func call(_ arguments: [String], input: String = "") throws -> Answer {
        try run([Self.program, "--root", root] + arguments, input: input)
    }

    /// A shell line in which `$runtime` is the runtime with its root and `$place` the test's directory.
    func shell(_ line: String) throws -> Answer { try run(["/bin/sh", "-c", line]) }

    /// Any program; its standard streams are files, so that nothing waits for those who inherit them.
    func run(_ words: [String], input: String = "") throws -> Answer {
        let streams = try streams(input: input)
        let exit = try plan(words).spawn(streams.standard).wait(for: words.joined(separator: " "), within: 60)
        return Answer(status: exit.shellStatus, output: streams.output, complaints: streams.complaints)
    }

    /// Starts a program and leaves it running.
    func begin(_ words: [String]) throws -> (process: RunningProcess, streams: Streams) {
        let streams = try streams(input: "")
        return (try plan(words).spawn(streams.standard), streams)
    }

    func plan(_ words: [String]) -> ProcessPlan {
        ProcessPlan(
            words[0], Array(words.dropFirst()),
            environment: ProcessPlan.ownEnvironment() + ["runtime=\(Self.program) --root \(root)", "place=\(place)"],
            workingDirectory: place)
    }

    func streams(input: String) throws -> Streams {
        try Streams(prefix: "\(place)/\(Self.serial.add(1, ordering: .relaxed).newValue)", input: input)
    }

    // MARK: - Containers

    /// Runs a script in a container to its end.
    func run(_ script: String, change: (inout RuntimeConfiguration) throws -> Void = { _ in }) throws -> Answer {
        try call("run", "--bundle", try bundle(try configuration(script, change: change)), name())
    }

    /// Creates a container.
    func create(
        _ configuration: RuntimeConfiguration, _ options: [String] = []
    ) throws -> (container: Container, answer: Answer) {
        let id = name()
        let bundle = try bundle(configuration)
        let streams = try streams(input: "")
        let words = [Self.program, "--root", root, "create", "--bundle", bundle] + options + [id]
        let exit = try plan(words).spawn(streams.standard).wait(for: words.joined(separator: " "), within: 60)
        return (
            Container(engine: self, id: id, bundle: bundle, streams: streams),
            Answer(status: exit.shellStatus, output: streams.output, complaints: streams.complaints)
        )
    }

    /// Creates a container that must come to be.
    func created(
        _ script: String, change: (inout RuntimeConfiguration) throws -> Void = { _ in }
    ) throws -> Container {
        let (container, answer) = try create(try configuration(script, change: change))
        guard answer.status == 0 else { throw SystemError("create", answer.complaints, errno: 0) }
        return container
    }

    /// Creates and starts a container.
    func started(
        _ script: String, change: (inout RuntimeConfiguration) throws -> Void = { _ in }
    ) throws -> Container {
        let container = try created(script, change: change)
        let answer = try call("start", container.id)
        guard answer.status == 0 else { throw SystemError("start", answer.complaints, errno: 0) }
        return container
    }

    // MARK: - What is left

    /// Everything of a container that the host can still see: its directory, cgroups, processes, mounts.
    func traces(of id: String) -> [String] {
        var traces: [String] = []
        if SystemFile.exists("\(root)/\(id)") { traces.append("directory \(root)/\(id)") }
        for hierarchy in TestHost.layout?.hierarchies ?? [] {
            let path = "\(hierarchy.mountPoint)/\(Cgroup.base)/\(id)"
            if SystemFile.exists(path) { traces.append("cgroup \(path)") }
        }
        for pid in Self.processes(of: id) { traces.append("process \(pid)") }
        let mounts = (try? SystemFile.read("/proc/self/mountinfo")) ?? ""
        if mounts.contains(place) { traces.append("mount below \(place)") }
        return traces
    }

    /// Those in cgroups of a container's name; the dead that nobody has reaped yet are not among them.
    static func processes(of id: String) -> [Int32] {
        ((try? SystemFile.names(in: "/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
            guard let text = try? SystemFile.read("/proc/\(pid)/cgroup"), text.contains("/\(id)"),
                let state = try? Procfs.status(of: pid).state
            else { return false }
            return state != "Z" && state != "X"
        }
    }

    static func text(_ path: String) -> String { (try? SystemFile.read(path)) ?? "" }

    @discardableResult
    func write(_ text: String, to name: String, mode: mode_t = 0o644) throws -> String {
        let path = name.hasPrefix("/") ? name : "\(place)/\(name)"
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
        try SystemFile.write(Array(text.utf8), to: file.number, path)
        fchmod(file.number, mode)
        return path
    }
}

/// The three streams of a call, in files.
final class Streams {
    private let prefix: String
    private let descriptors: [Int32]

    init(prefix: String, input: String) throws {
        self.prefix = prefix
        try SystemFile.replace(prefix + ".in", with: Array(input.utf8))
        descriptors = [
            try OwnedDescriptor(opening: prefix + ".in", O_RDONLY).release(),
            try OwnedDescriptor(opening: prefix + ".out", O_WRONLY | O_CREAT | O_APPEND).release(),
            try OwnedDescriptor(opening: prefix + ".err", O_WRONLY | O_CREAT | O_APPEND).release(),
        ]
    }

    var standard: StandardStreams {
        StandardStreams(input: descriptors[0], output: descriptors[1], error: descriptors[2])
    }

    var output: String { Engine.text(prefix + ".out") }
    var complaints: String { Engine.text(prefix + ".err") }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
