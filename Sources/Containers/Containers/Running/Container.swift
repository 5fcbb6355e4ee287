import Glibc
public import Linux

/// A running container. Its owner waits for it, then releases it.
public final class Container: Sendable {
    /// Its name among isolab's cgroups.
    public let name: String
    /// The first process, as the host numbers it.
    public let pid: Int32
    /// Nil where the plan had none.
    public let cgroup: Cgroup?
    /// What launching it consisted of, in order, on `HostClock`.
    public let phases: [ContainerPhase]
    private let descriptor: OwnedDescriptor

    init(
        name: String, pid: Int32, descriptor: consuming OwnedDescriptor, cgroup: Cgroup?, phases: [ContainerPhase]
    ) {
        self.name = name
        self.pid = pid
        self.descriptor = descriptor
        self.cgroup = cgroup
        self.phases = phases
    }

    /// The first process's pidfd, borrowed: readable (`poll(2)`) once it has ended.
    public var pidfd: Int32 { descriptor.number }

    /// Waits for the first process to end and reaps it. Once only. With a pid namespace, everything in it is gone then.
    public func wait() throws(SystemError) -> ProcessExit { try ProcessExit.wait(for: pid) }

    /// Reaps the first process if it has ended; nil while it runs.
    public func poll() throws(SystemError) -> ProcessExit? { try ProcessExit.poll(pid) }

    /// Sends a signal to the first process; one that has ended already is no error.
    ///
    /// In a pid namespace only SIGKILL and SIGSTOP reach a program without a handler for the signal (pid_namespaces(7)).
    public func kill(_ signal: Int32) throws(SystemError) {
        try RunningProcess.send(signal, to: descriptor.number, pid)
    }

    /// Bytes charged to the cgroup now, and at most; nil without one.
    public func memoryCurrent() throws(SystemError) -> UInt64? { try cgroup?.memoryCurrent() }
    public func memoryPeak() throws(SystemError) -> UInt64? { try cgroup?.memoryPeak() }
    /// Nanoseconds of CPU of everything in the cgroup; nil without one.
    public func cpuTime() throws(SystemError) -> UInt64? { try cgroup?.cpuTime() }

    /// Removes what is left after `wait()`: the cgroup, with whatever still runs in it. The mounts went with the mount
    /// namespace.
    ///
    /// - Returns: the phases of the release.
    @discardableResult
    public func release() throws(SystemError) -> [ContainerPhase] {
        guard let cgroup else { return [] }
        let start = HostClock.now()
        try cgroup.end()
        return [ContainerPhase("remove cgroup", .launcher, start: start, end: HostClock.now())]
    }
}
