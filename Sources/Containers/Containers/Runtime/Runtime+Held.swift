import Glibc
public import Linux
import OCI

/// Containers that nobody looks after any more, and that do not end by being killed.
extension Runtime {
    /// Kills a container, without waiting for anybody else who works on it, and says which of its processes do not end: they wait in the
    /// kernel for what never answers (a file system's server, a disk), however long anybody waits for them.
    ///
    /// - Parameter milliseconds: what they are given to end. It returns as soon as they have.
    /// - Returns: nobody where it can be deleted without such a wait.
    public func held(in id: String, within milliseconds: UInt64) -> [ProcessIdentity] {
        guard let identifier = try? ContainerIdentifier(id), case let directory = store.directory(of: identifier),
            let record = try? directory.record()
        else { return [] }
        let deadline = HostClock.now() + milliseconds * 1_000_000
        if let process = record.process { try? Self.send(SIGKILL, to: process) }
        let cgroup = cgroup(of: record)
        if mayHaveOthers(record, directory) {
            for pid in cgroup.everybody { Glibc.kill(pid, SIGKILL) }
        }
        while true {
            // What is frozen does not die.
            cgroup.thawForEnd()
            let joiners = LeftJoiners(in: cgroup)
            joiners.endJoining()
            var left = joiners.dying.compactMap { try? ProcessIdentity(of: $0) }
            if let process = record.process, !left.contains(process) { left.append(process) }
            left = left.filter { $0.isLeft(after: 0) }
            let now = HostClock.now()
            guard let first = left.first, now < deadline else { return left }
            _ = first.isLeft(after: Int32(clamping: (deadline - now) / 1_000_000 + 1))
        }
    }
}

extension ProcessIdentity {
    /// Whether something of the process is left once the wait for its end is over: another thread, too, where its first one has ended, which
    /// `isAlive` takes for the end of all.
    ///
    /// - Parameter milliseconds: it returns earlier where the process ends earlier.
    public func isLeft(after milliseconds: Int32) -> Bool {
        guard let descriptor = Procfs.descriptor(of: pid), (try? Procfs.status(of: pid).startTime) == startTime else {
            return false
        }
        var end = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = poll(&end, 1, milliseconds)
            if ready < 0, errno == EINTR { continue }
            return ready == 0
        }
    }
}
