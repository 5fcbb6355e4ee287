import Glibc
public import Linux
public import OCI
import Seccomp
import SystemdUnits

/// What `exec` is asked for.
public struct ExecuteRequest: Sendable {
    public var id: String
    /// The container's own.
    public var configuration: RuntimeConfiguration
    public var process: RuntimeConfiguration.Process
    public var pidFile: String?
    public var consoleSocket: String?
    /// A UNIX socket that gets a descriptor of the process.
    public var pidfdSocket: String?
    public var consoleDescriptor: Int32?
    /// What becomes its standard streams where it has no terminal; the caller's own where nil.
    public var streams = StandardStreams()
    public var preservedDescriptors: Int
    /// A cgroup below the container's own, relative to it (`--cgroup`).
    public var cgroup: String?
    /// Whether a paused container may be joined: the process then waits with the rest.
    public var ignorePaused: Bool

    public init(
        id: String, configuration: RuntimeConfiguration, process: RuntimeConfiguration.Process, pidFile: String? = nil,
        consoleSocket: String? = nil, consoleDescriptor: Int32? = nil, preservedDescriptors: Int = 0,
        cgroup: String? = nil, ignorePaused: Bool = false
    ) {
        self.id = id
        self.configuration = configuration
        self.process = process
        self.pidFile = pidFile
        self.consoleSocket = consoleSocket
        self.consoleDescriptor = consoleDescriptor
        self.preservedDescriptors = preservedDescriptors
        self.cgroup = cgroup
        self.ignorePaused = ignorePaused
    }
}

extension Runtime {
    /// A container's configuration as it was when it was made.
    public func configuration(of id: String) throws -> RuntimeConfiguration {
        try directory(of: id, for: "exec into").configuration()
    }

    /// Runs another process in a container.
    ///
    /// - Returns: it, a child of the caller.
    public func execute(_ request: ExecuteRequest) throws -> RunningProcess {
        let (record, status) = try live(request.id, for: "exec into")
        guard status != .paused || request.ignorePaused else {
            throw RuntimeError("exec into", request.id, "it is paused", advice: "resume it first")
        }
        guard let first = record.process else {
            throw RuntimeError("exec into", request.id, "it has no process")
        }
        try validate(request.process)
        if let path = request.pidFile { try PidFile.check(path) }
        if status == .created || status == .paused && record.waitsForStart { try Self.awaitEnd(ofMaker: record) }
        let configuration = request.configuration
        let host = try HostFacts.detect()
        Dumps.forbid()
        var filter: (instructions: [UInt64], flags: UInt32)?
        if let profile = configuration.linux?.seccomp {
            let program = try seccomp.program(for: profile)
            filter = (program.words, program.flags)
        }
        guard let target = Procfs.descriptor(of: first.pid) else {
            throw SystemError("pidfd_open", "process \(first.pid)")
        }
        guard first.isAlive else { throw RuntimeError("exec into", request.id, "it has just ended") }
        try record.scope?.enterInstance()

        let hasUserNamespace = configuration.linux?.namespaces.contains { $0.kind == .user } ?? false
        let denies = hasUserNamespace ? HostFacts.readsDeny("/proc/\(first.pid)/setgroups") : host.deniesSetGroups
        let cgroup = try joined(record, request)
        // It takes two places to come to life inside, one for whoever makes it: where there are not as many, it comes from outside.
        let isFull = cgroup.freePlaces.map { $0 < 2 } ?? false
        let plan = try JoinPlan(
            request.process, configuration: configuration, pid: first.pid, deniesSetGroups: denies, filter: filter,
            preservedDescriptors: request.preservedDescriptors, bundle: record.bundle,
            keyring: .new(name: record.keyring), awaitsPlace: isFull, host: host)
        for warning in plan.warnings { warn(warning) }
        trace("exec into '\(request.id)', process \(first.pid): steps \(plan.steps.map(\.name))")
        do {
            return try launch(
                plan, request, record, target: target.number, first.pid, cgroup: cgroup, comesFromOutside: isFull)
        } catch let error as SystemError
            where error.operation != JoinWatch().operation && (!first.isAlive || Procfs.isDying(first.pid))
        {
            // Whatever it failed at, killed by whoever deletes the container, or in namespaces that are gone.
            throw RuntimeError(
                "exec into", request.id, "the container ended, or was deleted, before the process could start")
        } catch let error as SystemError where error.errno == EAGAIN && ["clone", "clone3"].contains(error.operation) {
            throw SystemError(
                "exec into", request.id, errno: EAGAIN, stage: error.stage,
                advice: "the container or its user has reached its limit of processes: end some, or raise the limit")
        } catch let error as SystemError {
            throw error.naming(request.process)
        }
    }

    /// As config.json's process is: to setresuid(2) 4294967295 means "as it is", and what runs there is the launcher's root.
    private func validate(_ process: RuntimeConfiguration.Process) throws {
        func named(_ path: String) -> String { path.isEmpty ? "process" : "process.\(path)" }
        do throws(ConfigurationError) {
            for warning in try process.validate() { warn("\(named(warning.path)): \(warning.problem)") }
        } catch { throw ConfigurationError(document: "exec", path: named(error.path), problem: error.problem) }
    }

    /// Milliseconds.
    private static let patienceWithMaker: Int32 = 10_000

    /// A process that waits for its start has its memory from who made it, whom nobody inside may reach by it.
    private static func awaitEnd(ofMaker record: ContainerRecord) throws {
        guard let maker = Procfs.descriptor(of: record.creator.pid) else { return }
        guard record.creator.isAlive, record.creator.pid != getpid() else { return }
        var end = pollfd(fd: maker.number, events: Int16(POLLIN), revents: 0)
        let ready = try retryingOnInterrupt("poll", "process \(record.creator.pid)") {
            poll(&end, 1, patienceWithMaker)
        }
        guard ready == 0 else { return }
        throw RuntimeError(
            "exec into", record.id, "process \(record.creator.pid), which creates it, is still running",
            advice: "try again when that has ended")
    }

    private func joined(_ record: ContainerRecord, _ request: ExecuteRequest) throws -> Cgroup {
        let cgroup = cgroup(of: record)
        guard let path = request.cgroup, path != "/", !path.isEmpty else { return cgroup }
        let place: CgroupPlace
        do throws(CgroupPlace.Invalid) { place = try CgroupPlace(path.starts("/") ? path : "/" + path) } catch {
            throw RuntimeError("exec into", request.id, "--cgroup \(error)")
        }
        let below = place.components.joined(separator: "/")
        return Cgroup(
            name: cgroup.name,
            directories: cgroup.directories.map { directory in
                var directory = directory
                directory.path += "/" + below
                return directory
            })
    }

    /// A container's root by descriptor, where its mount namespace has another. The caller closes it.
    private static func root(of pid: Int32, _ target: Int32) throws(SystemError) -> Int32 {
        let path = "/proc/\(pid)/root"
        let root = try OwnedDescriptor(opening: path, OwnedDescriptor.pathOnly | O_DIRECTORY)
        // Still the container's: its number would be another's only after its end.
        guard RunningProcess.isThere(target) else { throw SystemError("open", path, errno: ESRCH) }
        return root.release()
    }

    private func launch(
        _ plan: JoinPlan, _ request: ExecuteRequest, _ record: ContainerRecord, target: Int32, _ pid: Int32,
        cgroup: Cgroup, comesFromOutside: Bool
    ) throws -> RunningProcess {
        let entry = try (comesFromOutside ? cgroup.withoutPlaces : cgroup).openEntry(beside: pid)
        var inputs = ChildProgram.Inputs(cgroupTasks: entry.taskFiles, streams: request.streams.numbers)
        inputs.namespaces = [(.process(pid), target)]
        if plan.steps.contains(.changeRoot) { inputs.root = try Self.root(of: pid, target) }
        let root = inputs.root
        defer { if root >= 0 { close(root) } }
        let console = try request.consoleSocket.map { (path) throws(SystemError) in
            try UnixSocket.connect(path, purpose: "the receiver of the terminal").release()
        }
        defer { if let console { close(console) } }
        inputs.consoleSocket = console ?? request.consoleDescriptor ?? -1
        // One at a time: joining a time namespace is refused beside others by some kernels.
        for namespaces in [Namespaces.user, .time] where plan.launcherNamespaces.contains(namespaces) {
            try ThreadNamespaces.join(target, namespaces, "process \(pid)")
        }
        let report = try Pipe()
        inputs.reportFIFO = report.writeEnd
        let publication = comesFromOutside ? try Publication(report: report.readEnd) : nil
        if let publication { inputs.publication = publication.childEnd }
        let program = ChildProgram(plan.steps, inputs: inputs, name: LeftJoiners.name)
        let pidfdSocket = try request.pidfdSocket.map { (path) throws(SystemError) in try PidfdSocket(path) }
        var watch = JoinWatch()
        watch.isPaused = { (try? cgroup.isFrozen()) == true }
        let frozen = entry.unified
        watch.isFrozen = { FreezerLook.isFrozen(unified: frozen) }
        let patience = JoinPatience(watch, paused: FreezerLook(cgroup), frozen: FreezerLook(unified: entry.unified))
        let words = request.process.arguments.first ?? request.id
        let (process, listener) = try start(program, cgroup: entry.unified, patience, words)
        do {
            if let publication {
                try cgroup.takeIn(process.pid, beside: pid)
                try publication.letGo(process, request.id, watch)
            }
            if let listener {
                try listener.send(of: process.pid, request.configuration, state: try state(of: record.id))
            }
            try pidfdSocket?.send(process.pidfd, "setns")
        } catch {
            try? process.kill()
            _ = try process.wait()
            throw error
        }
        if program.declinesMemoryScore, let score = request.process.oomScoreAdjustment {
            warn("process.oomScoreAdj: \(score) may not be set here")
        }
        watch.mayTakeLong = { JoinWatch.hasListener(request.configuration) }
        let failure = watch.failure(report, of: process, words)
        _ = consume entry
        if let failure {
            // It has ended, unless somebody else in the container wrote the report: then nothing of it shall go on.
            process.end()
            throw failure
        }
        if let path = request.pidFile {
            try PidFile.write(process.pid, to: path)
        }
        return process
    }

    /// Starts a joining process, and takes the listener of its filter where that has one.
    private func start(
        _ program: ChildProgram, cgroup: Int32, _ patience: JoinPatience, _ words: String
    ) throws(SystemError) -> (process: RunningProcess, listener: SeccompListener?) {
        // As long as a child walks beside us with our memory, its score is ours too (proc_pid_oom_score_adj(5)). Nobody inside can see
        // that memory then, and whoever set the score may set his own again.
        let adjusts = program.steps.contains { if case .adjustMemoryScore = $0 { true } else { false } }
        let score = adjusts ? try SystemFile.read("/proc/self/oom_score_adj") : nil
        var listener: SeccompListener?
        let child: (pid: Int32, pidfd: Int32)
        do throws(SystemError) {
            child = try program.start(
                namespaces: [], cgroup: cgroup,
                atStage: { (_: LauncherStage, pid: Int32) throws(SystemError) in
                    // It is out of the container's sight: its descriptors are to be had by us alone.
                    try Dumps.allowing { () throws(SystemError) in
                        listener = try SeccompListener(program.listener, of: pid)
                    }
                }, givesUp: { patience.isOver() })
        } catch { throw patience.refusal(words) ?? error }
        if let score {
            try? Dumps.allowing { () throws(SystemError) in
                try SystemFile.write(score, to: "/proc/self/oom_score_adj")
            }
        }
        return (RunningProcess(pid: child.pid, descriptor: OwnedDescriptor(owning: child.pidfd)), listener)
    }
}

extension SystemError {
    /// The same of a program that no directory of PATH has, by the word it was asked for with rather than the last path that was tried.
    func naming(_ process: RuntimeConfiguration.Process?) -> SystemError {
        guard operation == "execve", errno == ENOENT, stage?.ends("find program") == true,
            let word = process?.arguments.first, !word.isEmpty,
            !word.holds("/"), object.ends("/" + word)
        else { return self }
        return SystemError(operation, word, errno: errno, stage: stage, advice: advice)
    }
}
