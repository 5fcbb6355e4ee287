import CLinux
public import Glibc

/// The three standard streams of a process to be: descriptors of the caller, borrowed for the launch; nil inherits.
public struct StandardStreams: Sendable {
    public var input: Int32?
    public var output: Int32?
    public var error: Int32?

    public init(input: Int32? = nil, output: Int32? = nil, error: Int32? = nil) {
        self.input = input
        self.output = output
        self.error = error
    }

    package var numbers: [Int32] { [input ?? -1, output ?? -1, error ?? -1] }
}

/// An ordinary process to be: what runs, with what, and where. No isolation of any kind.
///
/// Started with `clone3(CLONE_VM|CLONE_VFORK)`: the cost does not grow with the parent's memory, and it is safe beside
/// other threads, for the child makes nothing but system calls.
public struct ProcessPlan: Equatable, Sendable {
    /// A path, or a name to be looked for in the environment's PATH.
    public var executable: String
    /// All arguments, the zeroth included.
    public var arguments: [String]
    /// `NAME=value`.
    public var environment: [String]
    public var workingDirectory: String?
    /// The signal the child gets when the thread that launched it ends; nil for none.
    public var parentDeathSignal: Int32?
    public var group: Group

    /// Whether signals from the caller's terminal reach it.
    public enum Group: Equatable, Sendable {
        /// They do.
        case callers
        /// They do not; it cannot read from the terminal either.
        case own
        /// They do not, and it has no controlling terminal.
        case ownSession
    }

    /// - Parameter environment: nil for the caller's own.
    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String]? = nil,
        workingDirectory: String? = nil, parentDeathSignal: Int32? = nil, group: Group = .callers
    ) {
        self.executable = executable
        self.arguments = [executable] + arguments
        self.environment = environment ?? Self.ownEnvironment()
        self.workingDirectory = workingDirectory
        self.parentDeathSignal = parentDeathSignal
        self.group = group
    }

    /// The caller's environment, `NAME=value`.
    public static func ownEnvironment() -> [String] {
        var result: [String] = []
        var entry = environ
        while let text = entry.pointee {
            result.append(String(cString: text))
            entry += 1
        }
        return result
    }

    /// Where the executable may be: itself where it has a slash, else in each directory of PATH.
    public static func candidates(for executable: String, environment: [String]) -> [String] {
        if executable.holds("/") { return [executable] }
        let path = environment.last { $0.starts("PATH=") }?.rest(after: "PATH=").map { String($0) }
        let directories = path ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return directories.parts(between: ":").map { "\($0)/\(executable)" }
    }

    /// The path of a program that is installed, as it would be started; nil where it is not.
    public static func path(of program: String, environment: [String] = ownEnvironment()) -> String? {
        candidates(for: program, environment: environment).first { access($0, X_OK) == 0 }
    }

    /// The steps of the child, in order.
    public func steps(joiningCgroups: Bool = false) -> [ChildStep] {
        var steps: [ChildStep] = []
        if joiningCgroups { steps.append(.joinCgroups) }
        switch group {
        case .callers: break
        case .own: steps.append(.newProcessGroup)
        case .ownSession: steps.append(.newSession)
        }
        if let workingDirectory { steps.append(.changeDirectory(path: workingDirectory)) }
        steps += [.streams, .resetSignals, .closeOtherDescriptors(preserving: 0)]
        if let parentDeathSignal { steps.append(.parentDeathSignal(parentDeathSignal)) }
        steps.append(
            .execute(
                candidates: Self.candidates(for: executable, environment: environment), arguments: arguments,
                environment: environment))
        return steps
    }

    /// Starts the process; returns once it runs its program.
    ///
    /// - Parameter cgroup: a cgroup it is in from its first instruction on.
    /// - Throws: the step that failed, with its errno; nothing is left behind then.
    public func spawn(
        _ streams: StandardStreams = StandardStreams(), in cgroup: Cgroup? = nil
    ) throws(SystemError) -> RunningProcess {
        try prepared(streams, in: cgroup).start()
    }

    /// Lays out what a C program would have as constants, so that starting the process is the system calls alone.
    ///
    /// - Parameter cgroup: a cgroup it is in from its first instruction on.
    public func prepared(
        _ streams: StandardStreams = StandardStreams(), in cgroup: Cgroup? = nil
    ) throws(SystemError) -> PreparedProcess {
        let entry = try cgroup?.openEntry() ?? CgroupEntry.none
        let program = ChildProgram(
            steps(joiningCgroups: !entry.taskFiles.isEmpty),
            inputs: .init(cgroupTasks: entry.taskFiles, streams: streams.numbers))
        return PreparedProcess(program, entry)
    }
}

/// An ordinary process that is ready to be started, once.
public final class PreparedProcess {
    private let program: ChildProgram
    /// Open until the process is in its cgroup.
    private let entry: CgroupEntry

    fileprivate init(_ program: ChildProgram, _ entry: consuming CgroupEntry) {
        self.program = program
        self.entry = entry
    }

    /// Starts the process; returns once it runs its program.
    ///
    /// - Throws: the step that failed, with its errno; nothing is left behind then.
    public func start() throws(SystemError) -> RunningProcess {
        let (pid, pidfd) = try program.start(namespaces: [], cgroup: entry.unified)
        return RunningProcess(pid: pid, descriptor: OwnedDescriptor(owning: pidfd))
    }

    /// The same with the least that it takes, for whoever measures it: its number is all that is known of it.
    ///
    /// - Returns: the number of a child that the caller must reap.
    public func begin() throws(SystemError) -> Int32 {
        try program.start(namespaces: [], cgroup: entry.unified, isPlain: true).pid
    }
}

/// A child of this process: running, or waiting to be reaped. Its owner must `wait()`.
public final class RunningProcess: Sendable {
    public let pid: Int32
    private let descriptor: OwnedDescriptor

    package init(pid: Int32, descriptor: consuming OwnedDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// Its pidfd, borrowed: readable (`poll(2)`) once the process has ended.
    public var pidfd: Int32 { descriptor.number }

    /// Sends a signal; to a process that has ended already it is no error.
    public func kill(_ signal: Int32 = SIGKILL) throws(SystemError) {
        try Self.send(signal, to: descriptor.number, pid)
    }

    /// Whether the process of a pidfd has not been reaped yet.
    package static func isThere(_ pidfd: Int32) -> Bool { isolab_pidfd_send_signal(pidfd, 0) == 0 }

    /// Sends a signal by pidfd; a process that has ended already is no error.
    package static func send(_ signal: Int32, to pidfd: Int32, _ pid: Int32) throws(SystemError) {
        if isolab_pidfd_send_signal(pidfd, signal) == -1, errno != ESRCH {
            throw SystemError("pidfd_send_signal \(signal)", "process \(pid)")
        }
    }

    /// Waits for its end, reaps it, and tells what it used. Once only.
    public func wait() throws(SystemError) -> ProcessExit { try ProcessExit.wait(for: pid) }

    /// Reaps it if it has ended; nil while it runs.
    public func poll() throws(SystemError) -> ProcessExit? { try ProcessExit.poll(pid) }

    /// The end of one that has ended (`pidfd`), as a shell says it. Once only.
    ///
    /// Whoever traces a process, inside of a container too, reaps it before its parent may (ptrace(2)), and need not: it is not
    /// waited for.
    public func endStatus() throws(SystemError) -> Int32 {
        for _ in 0..<Self.patienceWithTracer {
            if let end = try poll() { return end.shellStatus }
            usleep(10_000)
        }
        if let status = Procfs.endOfZombie(pid) { return status }
        throw SystemError(
            "waitid", "process \(pid)", errno: 0,
            advice: "it has ended, and a process of the container that traces it keeps its status")
    }

    /// Kills it, and reaps it unless somebody traces it and holds it.
    package func end() {
        try? kill()
        var ready = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        _ = Glibc.poll(&ready, 1, Int32(Self.patienceWithTracer * 10))
        _ = try? poll()
    }

    /// In steps of 10 ms: a tracer that means no harm looks at once.
    private static let patienceWithTracer = 100
}
