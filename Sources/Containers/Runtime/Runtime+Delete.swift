import CLinux
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
                throw RuntimeError("kill", id, "container not running: who is in its cgroup is not of it")
            }
            if signal == SIGKILL { try cgroup.kill() } else { try cgroup.kill(signal: signal) }
            return
        }
        guard let process = record.process, status != .stopped, status != .creating else {
            if signal == SIGKILL, status == .stopped, try killRest(of: record, directory) { return }
            throw RuntimeError("kill", id, "container not running: it is \(status.rawValue)")
        }
        try Self.send(signal, to: process)
        if signal == SIGKILL { try killOthers(of: record, directory) }
        // What is frozen does not even die.
        if signal == SIGKILL, status == .paused { try cgroup(of: record).thaw() }
    }

    static func send(_ signal: Int32, to process: ContainerRecord.Identity) throws(SystemError) {
        let descriptor = isolab_pidfd_open(process.pid)
        guard descriptor >= 0 else {
            if errno == ESRCH { return }
            throw SystemError("pidfd_open", "process \(process.pid)")
        }
        let owned = OwnedDescriptor(owning: descriptor)
        // The number could have been used again between the record and the descriptor.
        guard process.isAlive else { return }
        if isolab_pidfd_send_signal(owned.number, signal) != 0, errno != ESRCH {
            throw SystemError("pidfd_send_signal \(signal)", "process \(process.pid)")
        }
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
        if !force, let record = try? directory.record(), status(of: record, directory) == .creating {
            throw RuntimeError("delete", id, "it is creating, not stopped", advice: "wait for it, or use --force")
        }
        let lock: ContainerLock
        do throws(SystemError) { lock = force ? try Self.takeLock(directory) : try directory.lock() } catch {
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
        if status != .stopped {
            guard force else {
                throw RuntimeError(
                    "delete", id, "it is \(status.rawValue), not stopped", advice: "end it with `kill`, or use --force")
            }
            if let process = record.process {
                try Self.send(SIGKILL, to: process)
                if status == .paused { try cgroup(of: record).thaw() }
                try Self.awaitEnd(of: process)
            }
        }
        trace("delete '\(id)': it is \(status.rawValue); cgroup \(record.cgroup.map(\.path))")
        let cgroup = cgroup(of: record)
        if record.process == nil { Self.awaitEnd(ofUnrecordedIn: cgroup) }
        let isEnded = try record.scope.map { try end($0, cgroup) } ?? false
        if !isEnded {
            if cgroup.leave(), !mayHaveOthers(record, directory) {
                warn("the cgroup of '\(id)' stays: others live in it")
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

    /// Whoever makes the container and does not come to an end, in a hook perhaps, is killed: its child goes with it, and what it
    /// had made is in the record.
    private static func takeLock(_ directory: ContainerDirectory) throws(SystemError) -> ContainerLock {
        do throws(SystemError) { return try directory.lock(within: patience) } catch {
            guard error.errno == EWOULDBLOCK, let record = try? directory.record(), record.process == nil,
                record.creator.isAlive
            else { throw error }
            try send(SIGKILL, to: record.creator)
            return try directory.lock(within: patienceWithTheDying)
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
            do throws(SystemError) { try HookRunner.run([hook], "poststop", state: state) } catch { warn("\(error)") }
        }
    }

    /// A maker who is killed before he has written his child down takes it with him, but a moment later: it is nobody else's.
    private static func awaitEnd(ofUnrecordedIn cgroup: Cgroup) {
        for _ in 0..<patienceWithTheDying / 10 where cgroup.leave() { usleep(10_000) }
    }

    /// Up to ten seconds; a process in the kernel's hands can take a while.
    private static func awaitEnd(of process: ContainerRecord.Identity) throws(SystemError) {
        let descriptor = isolab_pidfd_open(process.pid)
        guard descriptor >= 0 else { return }
        let owned = OwnedDescriptor(owning: descriptor)
        guard process.isAlive else { return }
        var end = pollfd(fd: owned.number, events: Int16(POLLIN), revents: 0)
        let ready = try retryingOnInterrupt("poll", "process \(process.pid)") { poll(&end, 1, 10_000) }
        if ready == 0 {
            throw SystemError(
                "kill", "process \(process.pid)", errno: EBUSY, advice: "it does not die; try again later")
        }
    }
}
