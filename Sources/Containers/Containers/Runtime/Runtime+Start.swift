import Glibc
import Linux
import OCI

extension Runtime {
    /// Lets a created container run its program (runtime.md, "Start").
    ///
    /// Returns when the program has been executed and the poststart hooks have ended.
    public func start(_ id: String) throws {
        let directory = try directory(of: id, for: "start")
        let lock = try takeLock(directory)
        let record = try record(of: id, for: "start")
        let status = status(of: record, directory)
        guard status == .created else {
            throw RuntimeError(
                "start", id, "it is \(status.rawValue), not created",
                advice: status == .paused && record.waitsForStart ? "resume it first" : nil)
        }
        try release(directory, record)
        try runPoststartHooks(record, directory)
        _ = consume lock
    }

    /// Waits until nobody else works on the container. What a maker that was killed had begun has the lock from him, and may not die.
    private func takeLock(_ directory: ContainerDirectory) throws -> ContainerLock {
        while true {
            do throws(SystemError) { return try directory.lock(within: 2000) } catch {
                guard error.errno == EWOULDBLOCK else { throw error }
                guard let record = try? directory.record(), record.process == nil, !record.creator.isAlive else {
                    continue
                }
                throw RuntimeError("start", directory.id, "its creation was interrupted", advice: "delete it")
            }
        }
    }

    /// The poststart hooks of a container that runs. One that fails ends the container (since 1.3).
    public func runPoststartHooks(of id: String) throws {
        let directory = try directory(of: id, for: "start")
        try runPoststartHooks(try record(of: id, for: "start"), directory)
    }

    private func runPoststartHooks(_ record: ContainerRecord, _ directory: ContainerDirectory) throws {
        guard record.hasPoststartHooks else { return }
        let hooks = try directory.configuration().hooks?.poststart ?? []
        var state = state(of: record, directory)
        state.status = .running
        state.pid = record.process?.pid
        do throws(SystemError) {
            try HookRunner.run(hooks, "poststart", state: state, environment: hookEnvironment)
        } catch {
            if let process = record.process { try Self.send(SIGKILL, to: process) }
            try cgroup(of: record).kill()
            throw error
        }
    }

    /// Opens the way and waits until the program runs: the report's end of file says so, a report says why not.
    private func release(_ directory: ContainerDirectory, _ record: ContainerRecord) throws {
        let report = try OwnedDescriptor(opening: directory.reportPath, O_RDONLY | O_NONBLOCK)
        let start = try OwnedDescriptor(opening: directory.startPath, O_WRONLY | O_NONBLOCK)
        guard let identity = record.process, let descriptor = Procfs.descriptor(of: identity.pid), identity.isAlive
        else {
            throw RuntimeError("start", record.id, "it has just ended")
        }
        let process = RunningProcess(pid: identity.pid, descriptor: descriptor)
        var watch = JoinWatch(operation: "start")
        watch.mayTakeLong = { (try? directory.configuration()).map(JoinWatch.mayTakeLong) ?? true }
        watch.before = JoinWatch.ProgramFile(of: identity.pid)
        let cgroup = cgroup(of: record)
        watch.isPaused = { (try? cgroup.isFrozen()) == true }
        try SystemFile.write([1], to: start.number, directory.startPath)
        watch.hooks = {
            let hooks = (try? directory.configuration().hooks?.startContainer) ?? []
            return hooks.map { HookFailure(kind: "startContainer", path: $0.path, timeout: $0.timeout) }
        }
        guard let failure = watch.failureToStart(report.number, of: process, directory.id) else { return }
        guard failure.operation == "execve", let program = try? directory.configuration().process?.arguments.first
        else {
            throw failure
        }
        // What cannot be executed is the program, whichever container it is in.
        throw SystemError(
            failure.operation, program, errno: failure.errno, stage: failure.stage, advice: failure.advice)
    }
}
