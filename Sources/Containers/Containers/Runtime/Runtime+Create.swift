import Glibc
public import Linux
public import OCI
import Seccomp
public import SystemdUnits

/// What `create` and `run` are asked for.
public struct CreateRequest: Sendable {
    public var id: String
    public var bundle: Bundle
    /// Whether it waits for `start`; else its program runs at once.
    public var waitsForStart: Bool
    /// Where its process number is written.
    public var pidFile: String?
    /// A UNIX socket that gets the terminal's master.
    public var consoleSocket: String?
    /// A UNIX socket that gets a descriptor of its first process.
    public var pidfdSocket: String?
    /// An open socket in place of a path.
    public var consoleDescriptor: Int32?
    public var preservedDescriptors: Int
    /// How many of the preserved are sockets that somebody listens on for the program, which is told (sd_listen_fds(3)).
    public var listeningDescriptors = 0
    /// What becomes its standard streams where it has no terminal; the caller's own where nil.
    public var streams = StandardStreams()
    /// The terminal's size where the configuration names none.
    public var consoleSize: RuntimeConfiguration.ConsoleSize?
    public var noPivot: Bool
    /// In place of the configuration's `root.path`.
    public var root: RootFileSystem?
    /// Whether the container ends with the thread that creates it (PR_SET_PDEATHSIG); for one that nobody else looks after.
    public var diesWithCreator = false
    /// Whether its processes have the launcher's session keyring (`--no-new-keyring`).
    public var sharesKeyring = false
    /// Whether nothing is said of a container that has no cgroup.
    public var mayLackCgroup = false
    /// Directories that are made in its root where they are missing, by absolute paths.
    public var directories: [String] = []
    /// Whom to ask for its cgroup, as a scope; nil: it is made here.
    public var systemd: SystemdInstance?

    public init(
        id: String, bundle: Bundle, waitsForStart: Bool, pidFile: String? = nil, consoleSocket: String? = nil,
        consoleDescriptor: Int32? = nil, preservedDescriptors: Int = 0, noPivot: Bool = false
    ) {
        self.id = id
        self.bundle = bundle
        self.waitsForStart = waitsForStart
        self.pidFile = pidFile
        self.consoleSocket = consoleSocket
        self.consoleDescriptor = consoleDescriptor
        self.preservedDescriptors = preservedDescriptors
        self.noPivot = noPivot
    }
}

extension Runtime {
    /// Makes a container (runtime.md, "Create"); with `waitsForStart` off it also runs.
    ///
    /// - Returns: its first process, a child of the caller.
    /// - Throws: what failed, at which step. Nothing is left behind then.
    public func create(_ request: CreateRequest) throws -> RunningProcess {
        let identifier = try ContainerIdentifier(request.id)
        if let path = request.pidFile { try PidFile.check(path) }
        let bundle = request.bundle.path
        var configuration = request.bundle.configuration
        for warning in try configuration.validate() { warn("config.json: \(warning)") }
        if let size = request.consoleSize, configuration.process?.consoleSize == nil {
            configuration.process?.consoleSize = size
        }
        if request.listeningDescriptors > 0 {
            configuration.process?.environment += ["LISTEN_FDS=\(request.listeningDescriptors)", "LISTEN_PID=1"]
        }
        let linux = configuration.linux ?? RuntimeConfiguration.LinuxSettings()
        var rootfs = configuration.root?.path ?? ""
        if request.root == nil {
            let path = rootfs.starts("/") ? rootfs : "\(bundle)/\(rootfs)"
            // In a mount namespace of others it is a path of theirs, which may well be their root.
            let isOthers = linux.namespaces.contains { $0.kind == .mount && $0.path?.isEmpty == false }
            rootfs = isOthers ? ContainerPath.clean(path) : try Self.resolvedRoot(path)
        }
        let root = request.root ?? .directory(rootfs)

        Dumps.forbid()
        var host = try HostFacts.detect()
        if linux.namespaces.contains(where: { $0.kind == .pid && $0.path?.isEmpty == false }) {
            host.procfsTakesNamespace = Procfs.takesNamespace
        }
        if request.noPivot { host.kernelMounts = try HostFacts.wholeKernelMounts() }
        let scope = try request.systemd.map { try ScopePlan(configuration, id: request.id, host, $0) }
        let cgroupPlan = try scope?.cgroup ?? Self.cgroupPlan(configuration, id: request.id, host)
        var options = LaunchPlan.Options(
            lifecycle: LaunchPlan.Lifecycle(
                identifier: request.id, bundle: bundle, waitsForStart: request.waitsForStart,
                preservedDescriptors: request.preservedDescriptors, noPivot: request.noPivot,
                cgroupDirectories: cgroupPlan.directories))
        if let profile = linux.seccomp {
            let program = try seccomp.program(for: profile)
            options.filter = program.words
            options.filterFlags = program.flags
        }
        if request.diesWithCreator { options.parentDeathSignal = SIGKILL }
        options.directories = request.directories
        let keyring = request.sharesKeyring ? nil : SessionKeyring.name(of: request.id, nonce: RandomName.make())
        options.keyring = keyring.map { .new(name: $0) } ?? .launchers
        let plan = try LaunchPlan(configuration, root: root, options: options, host: host)
        if case .snapshot = root { try SystemFile.makeDirectories(host.mountPoint) }
        try Self.checkConsole(configuration.process?.terminal ?? false, request)

        let record = ContainerRecord(
            ociVersion: configuration.ociVersion, id: request.id, bundle: bundle, rootfs: rootfs,
            created: Timestamp.now(nanoseconds: true), owner: Self.owner(), annotations: configuration.annotations,
            creator: try ProcessIdentity(of: getpid()), process: nil,
            waitsForStart: request.waitsForStart,
            hasPoststartHooks: configuration.hooks?.poststart.isEmpty == false,
            hasPoststopHooks: configuration.hooks?.poststop.isEmpty == false,
            cgroup: Cgroup(foreseen: cgroupPlan).directories, scope: scope?.record, keyring: keyring)
        let lock = try store.claim(identifier, record, configuration: request.bundle.document)
        var launch = ContainerLaunch(
            request: request, configuration: configuration, options: options, plan: plan, cgroupPlan: cgroupPlan,
            scope: scope, directory: store.directory(of: identifier), record: record, hookEnvironment: hookEnvironment)
        for warning in plan.warnings { warn(warning) }
        trace("create '\(request.id)': namespaces \(plan.namespaces), steps \(plan.steps.map(\.name))")
        if let scope { trace("create '\(request.id)': \(scope.unit.name) by systemd at \(scope.record.socket)") }
        for directory in cgroupPlan.directories { trace("create '\(request.id)': cgroup \(directory.path)") }
        do {
            let process = try launch.run(holding: lock, warn: warn)
            trace("create '\(request.id)': process \(process.pid)")
            return process
        } catch {
            launch.undo(warn: warn)
            guard let failure = error as? SystemError else { throw error }
            throw failure.naming(configuration.process)
        }
    }

    /// The cgroup a configuration asks for: `linux.cgroupsPath`, or one of isolab's own with the container's name.
    static func cgroupPlan(
        _ configuration: RuntimeConfiguration, id: String, _ host: HostFacts
    ) throws -> CgroupPlan {
        let path = configuration.linux?.cgroupsPath ?? ""
        guard !CgroupPlace.isForSystemd(path) else {
            throw PlanError(
                "linux.cgroupsPath", "'\(path)' is for systemd, which creates cgroups only with --systemd-cgroup")
        }
        let place: CgroupPlace
        do throws(CgroupPlace.Invalid) { place = try CgroupPlace(path.isEmpty ? id : path) } catch {
            throw PlanError("linux.cgroupsPath", "\(error)")
        }
        let plan = CgroupPlan(
            place: place,
            limits: try CgroupLimits(configuration.linux?.resources, ociVersion: configuration.ociVersion),
            layout: host.cgroups,
            delegated: !host.privileged || host.inUserNamespace)
        if let refusal = plan.refusals.first { throw PlanError(refusal.field, refusal.reason) }
        return plan
    }

    private static func checkConsole(_ terminal: Bool, _ request: CreateRequest) throws {
        let hasSocket = request.consoleSocket != nil || request.consoleDescriptor != nil
        if terminal, !hasSocket {
            throw RuntimeError(
                "create", request.id, "process.terminal is true, but there is no socket to send the terminal to",
                advice: "name a socket with --console-socket")
        }
        if !terminal, request.consoleSocket != nil {
            throw RuntimeError(
                "create", request.id, "--console-socket is given, but process.terminal is false",
                advice: "use only one of them")
        }
    }

    static func resolved(_ path: String, _ what: String) throws(SystemError) -> String {
        guard let name = realpath(path, nil) else { throw SystemError("open \(what)", path) }
        defer { free(name) }
        return String(cString: name)
    }

    /// Links on the way are the machine's own affair; the root itself must be a directory: whoever could put a link in its place
    /// would choose what is entered. It is opened once more as it is bound, where no link is followed any more.
    private static func resolvedRoot(_ path: String) throws -> String {
        var end = path[...]
        while end.count > 1, end.last == "/" { end.removeLast() }
        let slash = end.utf8.lastIndex(of: UInt8(ascii: "/")) ?? end.startIndex
        let name = end[slash...].dropFirst()
        let above = slash == end.startIndex ? "/" : String(end[..<slash])
        let isNamed = !name.isEmpty && name != "." && name != ".."
        let base: String
        do throws(SystemError) { base = try resolved(isNamed ? above : String(end), "root.path") } catch {
            throw SystemError("open root.path", path, errno: error.errno)
        }
        let root = isNamed ? (base == "/" ? "" : base) + "/" + name : base
        guard root != "/" else { throw PlanError("root.path", "'\(path)' is the host's own root") }
        var status = stat()
        guard lstat(root, &status) == 0 else { throw SystemError("open root.path", path) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw PlanError("root.path", "'\(path)' must be a directory, not a link to one")
        }
        return root
    }

    private static func owner() -> String {
        // The user database is not asked: a static program would load the host's name services for it.
        let user = geteuid()
        guard user != 0 else { return "root" }
        let lines = (try? SystemFile.read("/etc/passwd"))?.parts(between: "\n") ?? []
        for line in lines {
            let fields = line.fields(between: ":")
            if fields.count > 2, fields[2] == "\(user)" { return String(fields[0]) }
        }
        return "\(user)"
    }
}
