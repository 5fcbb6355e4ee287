import Glibc
import Linux
import OCI
import SystemdUnits

/// Does one launch plan for a runtime: writes down, makes, starts; and undoes all of it where a step fails.
struct ContainerLaunch {
    let request: CreateRequest
    let configuration: RuntimeConfiguration
    let options: LaunchPlan.Options
    private var plan: LaunchPlan
    let cgroupPlan: CgroupPlan
    let scope: ScopePlan?
    let directory: ContainerDirectory
    var record: ContainerRecord
    private var cgroup: Cgroup?
    /// Keeps the scope until the container's first process is in it.
    private var hold: ScopeHold?
    private var hooksRan = false
    /// The filter's listener, until there is the process that it is told of.
    private var listener: SeccompListener?
    private var pidfdSocket: PidfdSocket?
    /// What hooks without an environment of their own have; nil: this process's own.
    private let hookEnvironment: [String]?

    init(
        request: CreateRequest, configuration: RuntimeConfiguration, options: LaunchPlan.Options, plan: LaunchPlan,
        cgroupPlan: CgroupPlan, scope: ScopePlan?, directory: ContainerDirectory, record: ContainerRecord,
        hookEnvironment: [String]? = nil
    ) {
        self.request = request
        self.configuration = configuration
        self.options = options
        self.plan = plan
        self.cgroupPlan = cgroupPlan
        self.scope = scope
        self.directory = directory
        self.record = record
        self.hookEnvironment = hookEnvironment
    }

    /// - Parameter lock: the container's, which has its first record already.
    mutating func run(
        holding lock: consuming ContainerLock, warn: @escaping (String) -> Void
    ) throws -> RunningProcess {
        pidfdSocket = try request.pidfdSocket.map { (path) throws(SystemError) in try PidfdSocket(path) }
        if let scope {
            hold = try ScopeHold(scope)
            record.scope?.invocation = hold?.invocation
        }
        let cgroup = try Cgroup.create(cgroupPlan)
        self.cgroup = cgroup
        record.cgroup = cgroup.directories
        try leaveOut(cgroup)
        if plan.host.cgroups.mode == .v2, let owner = Self.cgroupOwner(configuration) { try cgroup.delegate(to: owner) }
        if cgroup.directories.isEmpty, let reason = cgroup.warnings.last {
            if !request.mayLackCgroup {
                warn("no cgroup: this user may not create one, so nothing is limited or counted (\(reason))")
            }
        } else {
            for warning in cgroup.warnings { warn(warning) }
        }

        let entry = try cgroup.openEntry()
        let descriptors = try LaunchDescriptors(plan)
        var inputs = ChildProgram.Inputs(cgroupTasks: entry.taskFiles, streams: request.streams.numbers)
        inputs.namespaces = descriptors.namespaces
        inputs.trees = descriptors.trees
        inputs.joins = try ThreadNamespaces.joinTime(descriptors.joins)
        guard let launcher = Procfs.descriptor(of: getpid()) else { throw SystemError("pidfd_open", "this process") }
        inputs.launcher = launcher.number
        let console = try request.consoleSocket.map { (path) throws(SystemError) in
            try UnixSocket.connect(path, purpose: "the receiver of the terminal").release()
        }
        defer { if let console { close(console) } }
        inputs.consoleSocket = console ?? request.consoleDescriptor ?? -1
        var fifos: [Int32] = []
        defer { for fifo in fifos { close(fifo) } }
        if request.waitsForStart {
            try directory.makeFIFOs()
            for path in [directory.startPath, directory.reportPath] {
                fifos.append(try OwnedDescriptor(opening: path, O_RDWR).release())
            }
            inputs.startFIFO = fifos[0]
            inputs.reportFIFO = fifos[1]
        }
        let publication = plan.hasSuccessor ? try Publication(report: request.waitsForStart ? fifos[1] : nil) : nil
        if let publication {
            inputs.publication = publication.childEnd
            if !request.waitsForStart { inputs.reportFIFO = publication.reportEnd }
        }
        let program = ChildProgram(plan.steps, inputs: inputs)
        // As long as the child has our memory, its score is ours too (proc_pid_oom_score_adj(5)).
        let score = plan.outOfMemoryScoreAdjustment.flatMap { _ in try? SystemFile.read("/proc/self/oom_score_adj") }
        var launch = self
        defer { self = launch }
        // A file system of the host's may hold it up for as long as that likes: whoever asks this program to end is heard.
        let patience = JoinPatience(Self.watch)
        let child: (pid: Int32, pidfd: Int32)
        do throws(SystemError) {
            child = try program.start(
                namespaces: plan.namespaces, cgroup: entry.unified,
                atStage: { (stage: LauncherStage, pid: Int32) throws(SystemError) in
                    // Nobody is inside yet, or the child is out of sight: its namespaces and descriptors are to be had by a
                    // user's hooks and by us.
                    try Dumps.allowing { () throws(SystemError) in
                        try launch.serve(stage, pid, listener: program.listener, warn: warn)
                    }
                },
                besideIt: { (pid: Int32) throws(SystemError) in
                    // A successor is written down in its turn.
                    if publication == nil { try launch.prepareRecord(pid) }
                }, givesUp: { patience.isOver() })
        } catch { throw patience.refusal(request.id) ?? error }
        let process = RunningProcess(pid: child.pid, descriptor: OwnedDescriptor(owning: child.pidfd))
        // A child that waits for its start has it still, and needs its score when we have ended.
        if let score, !request.waitsForStart || publication != nil {
            try? SystemFile.write(score, to: "/proc/self/oom_score_adj")
        }
        if let publication { try launch.publish(process, by: publication, warn: warn) }
        try launch.scope?.finish()
        _ = consume lock
        _ = consume launcher
        return process
    }

    /// A container that can begin soon gets the signals that came before.
    private static var watch: JoinWatch { JoinWatch(operation: "launch", limit: .max, deafness: 2_000_000_000) }

    /// Who is to own the cgroup on v2: the user the program runs as, as the host numbers him, where the container has a cgroup
    /// namespace and may write to the hierarchy (config-linux.md, "Cgroup ownership").
    static func cgroupOwner(_ configuration: RuntimeConfiguration) -> UInt32? {
        let writes = configuration.mounts.contains {
            ($0.type == "cgroup" || $0.type == "cgroup2") && !$0.options.contains("ro")
        }
        guard writes, let linux = configuration.linux, let user = configuration.process?.user.uid,
            linux.namespaces.contains(where: { $0.kind == .cgroup && $0.path == nil })
        else { return nil }
        guard linux.namespaces.contains(where: { $0.kind == .user }) else { return user }
        let range = linux.uidMappings.first { user >= $0.containerID && user - $0.containerID < $0.size }
        return range.map { $0.hostID + (user - $0.containerID) }
    }

    /// A user who may not make some of the directories has a container without them, and nothing of them to show inside.
    private mutating func leaveOut(_ cgroup: Cgroup) throws {
        guard cgroup.directories.count < cgroupPlan.directories.count else { return }
        let made = Set(cgroup.directories.map(\.path))
        var options = options
        options.lifecycle?.cgroupDirectories.removeAll { !made.contains($0.path) }
        plan = try LaunchPlan(
            configuration, root: request.root ?? .directory(record.rootfs), options: options, host: plan.host)
    }

    /// Writes a successor down before it may go on, and waits for what it says of itself.
    private mutating func publish(
        _ process: RunningProcess, by publication: Publication, warn: (String) -> Void
    ) throws(SystemError) {
        do throws(SystemError) {
            // Its next call may be one that the listener's owner answers.
            try sendListener(of: process.pid)
            let mayTakeLong = JoinWatch.mayTakeLong(configuration)
            let watch = JoinWatch(operation: "launch", mayTakeLong: { mayTakeLong })
            try publication.awaitSuccessor(process, request.id, watch)
            try prepareRecord(process.pid)
            try serve(.record, process.pid, listener: -1, warn: warn)
            try publication.letGo(process, request.id, watch)
        } catch {
            process.end()
            throw error
        }
    }

    /// While the child builds its tree, what it waits for at the end of it is written aside.
    private mutating func prepareRecord(_ pid: Int32) throws(SystemError) {
        record.process = try ProcessIdentity(of: pid)
        try directory.prepare(record)
    }

    private mutating func serve(
        _ stage: LauncherStage, _ pid: Int32, listener: Int32, warn: (String) -> Void
    ) throws(SystemError) {
        switch stage {
        case .identityMaps: try plan.identityMaps?.write(for: pid)
        case .runtimeHooks:
            for move in plan.networkDevices { try NetworkDevices.move(move, to: pid) }
            hooksRan = true
            let hooks = configuration.hooks ?? RuntimeConfiguration.Hooks()
            let state = state(.creating, pid)
            try HookRunner.run(hooks.prestart, "prestart", state: state, environment: hookEnvironment)
            try HookRunner.run(hooks.createRuntime, "createRuntime", state: state, environment: hookEnvironment)
        case .listener:
            self.listener = try SeccompListener(listener, of: pid)
            if !plan.hasSuccessor { try sendListener(of: pid) }
        case .record:
            try leaveScope()
            if let adjustment = plan.outOfMemoryScoreAdjustment { try adjust(adjustment, pid, warn) }
            try directory.publishRecord()
            if let path = request.pidFile {
                try PidFile.write(pid, to: path)
            }
            try sendDescriptor(of: pid)
        }
    }

    /// From now on the container's first process keeps its scope, and has all of its limits.
    private mutating func leaveScope() throws(SystemError) {
        guard let hold else { return }
        hold.end()
        self.hold = nil
        if let limits = scope?.lateLimits { try cgroup?.apply(limits) }
    }

    private mutating func sendListener(of pid: Int32) throws(SystemError) {
        try listener?.send(of: pid, configuration, state: state(.creating, pid))
        listener = nil
    }

    private mutating func sendDescriptor(of pid: Int32) throws(SystemError) {
        guard let pidfdSocket else { return }
        guard let descriptor = Procfs.descriptor(of: pid) else { throw SystemError("pidfd_open", "process \(pid)") }
        try pidfdSocket.send(descriptor.number, "standard")
    }

    private func adjust(_ adjustment: Int, _ pid: Int32, _ warn: (String) -> Void) throws(SystemError) {
        do throws(SystemError) {
            try SystemFile.write("\(adjustment)", to: "/proc/\(pid)/oom_score_adj")
        } catch {
            // Lowering it takes CAP_SYS_RESOURCE, which a host that is a container itself may not have.
            guard error.errno == EACCES || error.errno == EPERM else { throw error }
            // Who asks for less than others have asks for protection. Engines write 0 of themselves.
            guard adjustment >= 0 else {
                throw SystemError(
                    error.operation, error.object, errno: error.errno, stage: "process.oomScoreAdj",
                    advice: "\(adjustment) needs CAP_SYS_RESOURCE, which this process does not have: omit it")
            }
            warn("process.oomScoreAdj: \(adjustment) may not be set here: \(error)")
        }
    }

    private func state(_ status: ContainerState.Status, _ pid: Int32?) -> ContainerState {
        ContainerState(
            ociVersion: record.ociVersion, id: record.id, status: status, pid: pid, bundle: record.bundle,
            annotations: record.annotations)
    }

    /// After a failure: the child is gone already.
    func undo(warn: (String) -> Void) {
        hold?.end()
        var isLeft = false
        do throws(SystemError) {
            try cgroup?.end()
        } catch {
            // A process that somebody else's tracer keeps from its end: what is written down is how it is found later.
            isLeft = true
            warn("after a failed launch: \(error); `delete \(request.id)` removes what is left")
        }
        // One that was never made has no run of its own to be known by.
        if let scope = record.scope, scope.invocation != nil {
            do throws(BusError) { try scope.stop() } catch { warn("after a failed launch: \(error)") }
        }
        if hooksRan {
            do throws(SystemError) {
                try HookRunner.run(
                    configuration.hooks?.poststop ?? [], "poststop", state: state(.stopped, nil),
                    environment: hookEnvironment)
            } catch { warn("\(error)") }
        }
        guard !isLeft else { return }
        do throws(SystemError) { try directory.remove() } catch { warn("after a failed launch: \(error)") }
    }
}
