import Glibc
public import Linux

/// Stays with a process that runs in the foreground: passes signals on, relays its streams, and answers with its status.
public struct Foreground {
    /// What becomes of a process whose user's terminal is gone (SIGHUP, or nobody at the other side of it). It is told by SIGHUP in
    /// any case, as by the kernel where the terminal is its own.
    public enum HangUp: Sendable {
        /// It is waited for.
        case waits
        /// It is left to whom it belongs.
        case leaves
        /// It ends, for nobody else looks after it: by SIGKILL where it has no handler for SIGHUP, which the first process of a pid
        /// namespace would never hear of (pid_namespaces(7)), or takes too long.
        case ends
    }

    private let relay: (any Relay)?
    private let hangUp: HangUp

    /// Whether a third request to end (SIGINT, SIGTERM) is SIGKILL: the first process of a pid namespace that has no handler for
    /// them never hears of one (pid_namespaces(7)).
    public let forcesEnd: Bool
    /// Takes a line about a process that was killed because others kept it from hearing that it shall end; nil: it is waited for.
    private let tell: ((String) -> Void)?

    /// - Parameters:
    ///   - terminal: its terminal, where it has one.
    ///   - streams: its pipes, where it has those.
    ///   - tell: given where others of its container may hold the process (trace it, stop it): a third request to end that it is kept from
    ///     hearing is SIGKILL then, and the wait is over, whatever becomes of it.
    public init(
        terminal: TerminalRelay? = nil, streams: StreamRelay? = nil, forcesEnd: Bool = false, hangUp: HangUp = .waits,
        tell: ((String) -> Void)? = nil
    ) {
        relay = terminal ?? streams
        self.forcesEnd = forcesEnd
        self.hangUp = hangUp
        self.tell = tell
    }

    /// How long a process that handles SIGHUP has for it, in nanoseconds: as long as engines give one that is asked to stop.
    private static let grace: UInt64 = 10_000_000_000
    /// Enough to die of it, for one that can.
    private static let graceWithoutHandler: UInt64 = 1_000_000_000

    /// Holds every signal that can be passed on, so that none is lost between the launch and the wait. Before the launch:
    /// the child sets its own mask.
    public static func holdSignals() throws(SystemError) -> Int32 {
        let descriptor = SignalDescriptor.hold()
        guard descriptor >= 0 else { throw SystemError("signalfd", "signals to pass on") }
        return descriptor
    }

    /// - Returns: the exit status as a shell has it, 128 + signal for a killed one.
    public func wait(for process: RunningProcess, signals: Int32) throws -> Int32 {
        defer { close(signals) }
        let watch = ForegroundWatch(process.pidfd, relay)
        watch.relay?.begin()
        defer { watch.relay?.end() }
        var course = Course()
        while !watch.hasEnded {
            if try watch.turn(beside: signals, within: course.patience) { forward(signals, to: process, &course) }
            if relay?.isHungUp == true { course.isHungUp = true }
            if course.isHungUp, course.deadline == nil { course.deadline = begin(hangUp, of: process) }
            guard let deadline = course.deadline, HostClock.now() >= deadline else { continue }
            if course.isForced { return 128 + SIGKILL }
            if hangUp == .leaves || course.isKilled { return 128 + SIGHUP }
            try? process.kill()
            course.isKilled = true
            course.deadline = HostClock.now() + Self.grace
        }
        let status = try process.endStatus()
        // What it has written goes out, however slow its reader is; whoever does not want to wait for that says so.
        watch.finish()
        while !watch.isOver {
            guard try watch.turn(beside: signals) else { continue }
            while case let signal = SignalDescriptor.next(signals), signal != 0 {
                if [SIGINT, SIGTERM, SIGHUP, SIGQUIT].contains(signal) { return status }
            }
        }
        return status
    }

    /// What has been asked of the process so far.
    private struct Course {
        /// How often to end.
        var requests = 0
        var isHungUp = false
        var isKilled = false
        /// By a request to end that it could not hear.
        var isForced = false
        /// When, after a hangup or its forced end, it is waited for no longer.
        var deadline: UInt64?

        /// Milliseconds; −1: for ever.
        var patience: Int32 {
            guard let deadline, deadline < .max else { return -1 }
            let now = HostClock.now()
            return deadline > now ? Int32(clamping: (deadline - now) / 1_000_000 + 1) : 0
        }
    }

    /// Tells the process that the terminal is gone.
    ///
    /// - Returns: until when it is waited for.
    private func begin(_ hangUp: HangUp, of process: RunningProcess) -> UInt64 {
        let handles = Procfs.handles(SIGHUP, process.pid)
        try? process.kill(SIGHUP)
        switch hangUp {
        case .waits: return .max
        case .leaves: return HostClock.now() + Self.grace
        case .ends: return HostClock.now() + (handles ? Self.grace : Self.graceWithoutHandler)
        }
    }

    /// Whether a terminal among the standard streams has nobody at its other side any more.
    private static var isTerminalGone: Bool {
        (Int32(0)...2).contains { stream in
            var status = stat()
            var end = pollfd(fd: stream, events: 0, revents: 0)
            return fstat(stream, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR && poll(&end, 1, 0) == 1
                && end.revents & Int16(POLLHUP) != 0
        }
    }

    private func forward(_ signals: Int32, to process: RunningProcess, _ course: inout Course) {
        while case let signal = SignalDescriptor.next(signals), signal != 0 {
            switch signal {
            case SIGCHLD: continue
            case SIGWINCH where relay is TerminalRelay: relay?.resize()
            case SIGHUP where Self.isTerminalGone: course.isHungUp = true
            case SIGINT, SIGTERM: request(signal, of: process, &course)
            // One that has ended already needs it no more; its end is what is waited for.
            default: try? process.kill(signal)
            }
        }
    }

    /// Passes on that it shall end; the third time is the last.
    private func request(_ signal: Int32, of process: RunningProcess, _ course: inout Course) {
        course.requests += 1
        guard course.requests >= 3 else {
            try? process.kill(signal)
            return
        }
        guard !forcesEnd, let tell else {
            try? process.kill(forcesEnd ? SIGKILL : signal)
            return
        }
        guard !course.isForced else { return }
        guard let reason = Self.deafness(of: process.pid, to: signal) else {
            try? process.kill(signal)
            return
        }
        tell("process \(process.pid) cannot hear signal \(signal), because \(reason): it is killed")
        try? process.kill()
        course.isForced = true
        course.deadline = HostClock.now() + Self.graceWithoutHandler
    }

    /// Why a signal does not get through to a process; nil where it does.
    private static func deafness(of pid: Int32, to signal: Int32) -> String? {
        if let tracer = Procfs.tracer(of: pid) { return "process \(tracer) traces it" }
        guard let state = try? Procfs.status(of: pid).state else { return nil }
        if ["T", "t"].contains(state) { return "it is stopped" }
        // One that handles signals has this one taken up since; one that blocks it, or is frozen, has not.
        let lines = ((try? SystemFile.read("/proc/\(pid)/status")) ?? "").parts(between: "\n")
        let isPending = lines.contains { line in
            guard line.starts("ShdPnd:"), let text = line.parts(between: "\t").last,
                let mask = UInt64(text, radix: 16)
            else { return false }
            return mask >> (UInt64(signal) - 1) & 1 == 1
        }
        return isPending ? "it has not received the signal before it" : nil
    }
}
