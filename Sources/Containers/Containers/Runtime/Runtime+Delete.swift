import Glibc
import Linux
import OCI
import SystemdUnits

extension Runtime {
    /// Sends a signal to a container's first process, or to all of them (runtime.md, "Kill").
    public func kill(_ id: String, signal: Int32, all: Bool = false) throws {
        let directory = try directory(of: id, for: "kill")
        let record = try record(of: id, for: "kill")
        let status = status(of: record, directory)
        if all, !record.cgroup.isEmpty, status != .creating {
            // After the first process has ended, others may live on where it had no pid namespace of its own.
            let cgroup = cgroup(of: record)
            guard status != .stopped || mayHaveOthers(record, directory) else {
                throw RuntimeError(
                    "kill", id, "container not running: the processes in its cgroup belong to another container")
            }
            if signal == SIGKILL { try cgroup.kill() } else { try cgroup.kill(signal: signal) }
            warnOfHolder(of: cgroup, id)
            return
        }
        guard let process = record.process, status != .stopped, status != .creating else {
            if signal == SIGKILL, status == .stopped, try killRest(of: record, directory) { return }
            throw RuntimeError("kill", id, "container not running: it is \(status.rawValue)")
        }
        try Self.send(signal, to: process)
        guard signal == SIGKILL else { return }
        try killOthers(of: record, directory)
        // What is frozen does not even die, whoever has frozen it, and whichever part of it.
        let cgroup = cgroup(of: record)
        cgroup.thawForEnd()
        warnOfHolder(of: cgroup, id)
    }

    /// A signal that nothing inside can heed yet has been sent.
    private func warnOfHolder(of cgroup: Cgroup, _ id: String) {
        guard cgroup.isHeldFromAbove else { return }
        warn("container '\(id)': the signal is sent, but has no effect yet: \(Cgroup.heldFromAbove)")
    }

    static func send(_ signal: Int32, to process: ProcessIdentity) throws(SystemError) {
        guard let descriptor = Procfs.descriptor(of: process.pid) else {
            if errno == ESRCH { return }
            throw SystemError("pidfd_open", "process \(process.pid)")
        }
        // The number could have been used again between the record and the descriptor.
        guard process.isAlive else { return }
        try RunningProcess.send(signal, to: descriptor.number, process.pid)
    }

    /// Removes a container and everything it is made of (runtime.md, "Delete"). Can be done again after being killed.
    ///
    /// - Parameter force: end it first where it runs; a container that is not there is no error then.
    public func delete(_ id: String, force: Bool = false) throws {
        let directory = store.directory(of: try ContainerIdentifier(id))
        guard directory.exists else {
            if force { return }
            throw RuntimeError("delete", id, "container does not exist", advice: "see `list`")
        }
        if !force, let record = try? directory.record(), record.process == nil, record.creator.isAlive {
            throw RuntimeError("delete", id, "it is being created", advice: "wait until it is created, or use --force")
        }
        let lock: ContainerLock
        do { lock = try takeLock(directory, force: force) } catch {
            if !directory.exists { return }
            throw error
        }
        let known: ContainerRecord?
        do { known = try directory.record() } catch {
            guard force else { throw error }
            warn("\(error)")
            known = nil
            try endForeseen(directory)
        }
        guard let record = known else {
            try directory.remove()
            return
        }
        let status = status(of: record, directory)
        // Whoever made one that never came to be is gone by now, and all that he made is killed.
        if status != .stopped, status != .creating {
            guard force else {
                throw RuntimeError(
                    "delete", id, "it is \(status.rawValue), not stopped", advice: "end it with `kill`, or use --force")
            }
            if let process = record.process {
                try Self.send(SIGKILL, to: process)
                let cgroup = cgroup(of: record)
                cgroup.thawForEnd()
                guard !cgroup.isHeldFromAbove else {
                    throw RuntimeError("delete", id, "it cannot end: \(Cgroup.heldFromAbove)", advice: "then try again")
                }
                try Self.awaitEnd(of: process)
            }
        }
        trace("delete '\(id)': it is \(status.rawValue); cgroup \(record.cgroup.map(\.path))")
        let cgroup = cgroup(of: record)
        if record.process == nil { Self.awaitEnd(ofUnrecordedIn: cgroup) }
        let isEnded = try record.scope.map { try end($0, cgroup) } ?? false
        if !isEnded {
            let isInhabited = cgroup.leave()
            if isInhabited, !mayHaveOthers(record, directory) {
                if try LeftJoiners.end(in: cgroup) {
                    warn("the cgroup of '\(id)' is kept: other processes are in it")
                } else {
                    try cgroup.end()
                }
            } else {
                try cgroup.end()
            }
        }
        runPoststopHooks(record, directory)
        try directory.remove()
        _ = consume lock
    }

    /// Milliseconds that a forced deletion lets another command finish, and then its end once it is killed.
    private static let patience: UInt32 = 2000
    private static let patienceWithTheDying: UInt32 = 10_000

    /// Waits for other commands; by force, not for long.
    ///
    /// Whoever makes the container and does not come to an end, in a hook perhaps, is killed then: its child goes with it, and what it
    /// had made is in the record. Whoever starts it waits for what runs inside, which is killed in any case. What a maker that was killed
    /// had begun has the lock from him, and may not die.
    private func takeLock(_ directory: ContainerDirectory, force: Bool) throws -> ContainerLock {
        while true {
            do throws(SystemError) { return try directory.lock(within: Self.patience) } catch {
                guard error.errno == EWOULDBLOCK else { throw error }
                let record = try? directory.record()
                if let record, record.process == nil, !record.creator.isAlive {
                    return try takeLock(directory, from: record)
                }
                guard force else { continue }
                guard let record, case let holder = record.process ?? record.creator, holder.isAlive else {
                    throw error
                }
                try Self.send(SIGKILL, to: holder)
                return try takeLock(directory, from: record)
            }
        }
    }

    /// The same where whoever holds it has been killed.
    private func takeLock(_ directory: ContainerDirectory, from record: ContainerRecord) throws -> ContainerLock {
        do throws(SystemError) { return try directory.lock(within: Self.patienceWithTheDying) } catch {
            let dying = LeftJoiners(in: cgroup(of: record)).dying
            throw error.errno == EWOULDBLOCK && !dying.isEmpty ? UndyingProcesses.error(dying) : error
        }
    }

    /// Ends and removes what a container without a readable record can have: the cgroup its configuration asks for. Its
    /// processes are all in there.
    private func endForeseen(_ directory: ContainerDirectory) throws {
        guard let configuration = try? directory.configuration() else { return }
        try Cgroup(existing: try Self.cgroupPlan(configuration, id: directory.id, try HostFacts.detect())).end()
    }

    /// They come after everything is gone; one that fails is said and stops nothing (config.md, "Poststop").
    private func runPoststopHooks(_ record: ContainerRecord, _ directory: ContainerDirectory) {
        guard record.hasPoststopHooks, let configuration = try? directory.configuration() else { return }
        var state = state(of: record, directory)
        state.status = .stopped
        state.pid = nil
        for hook in configuration.hooks?.poststop ?? [] {
            do throws(SystemError) {
                try HookRunner.run([hook], "poststop", state: state, environment: hookEnvironment)
            } catch { warn("\(error)") }
        }
    }

    /// A maker who is killed before he has written his child down takes it with him, but a moment later: it is nobody else's.
    private static func awaitEnd(ofUnrecordedIn cgroup: Cgroup) {
        for _ in 0..<patienceWithTheDying / 10 {
            guard cgroup.leave() else { break }
            guard LeftJoiners(in: cgroup).hasOthers else { return }
            usleep(10_000)
        }
    }

    /// Up to ten seconds; a process in the kernel's hands can take a while.
    private static func awaitEnd(of process: ProcessIdentity) throws(SystemError) {
        guard let descriptor = Procfs.descriptor(of: process.pid) else { return }
        guard process.isAlive else { return }
        var end = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        let ready = try retryingOnInterrupt("poll", "process \(process.pid)") { poll(&end, 1, 10_000) }
        if ready == 0 { throw UndyingProcesses.error([process.pid]) }
    }
}
