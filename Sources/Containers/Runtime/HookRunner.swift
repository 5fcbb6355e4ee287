import Glibc
import Linux
import OCI

/// Runs the hooks that belong to the runtime's side (config.md, "POSIX-platform Hooks"): in its namespaces, with the
/// container's state on standard input.
enum HookRunner {
    /// In order, until one fails.
    static func run(
        _ hooks: [RuntimeConfiguration.Hook], _ kind: String, state: ContainerState
    ) throws(SystemError) {
        guard !hooks.isEmpty else { return }
        let input = state.json()
        for hook in hooks { try run(hook, kind, input) }
    }

    private static func run(_ hook: RuntimeConfiguration.Hook, _ kind: String, _ input: [UInt8]) throws(SystemError) {
        let stage = "hook \(kind)"
        let arguments = hook.arguments.isEmpty ? [hook.path] : hook.arguments
        var plan = ProcessPlan(hook.path, Array(arguments.dropFirst()), environment: hook.environment)
        plan.arguments[0] = arguments[0]
        let pipe = try Pipe()
        let process: RunningProcess
        do throws(SystemError) {
            process = try plan.spawn(StandardStreams(input: pipe.readEnd))
        } catch { throw error.during(stage) }
        pipe.closeReadEnd()
        let limit = Limit(seconds: hook.timeout)
        var hasTime = try feed(input, to: pipe, process, until: limit)
        if hasTime { hasTime = try awaitEnd(of: process, until: limit) }
        pipe.closeWriteEnd()
        guard hasTime else {
            try process.kill()
            _ = try process.wait()
            throw SystemError(
                "run hook", hook.path, errno: ETIMEDOUT, stage: stage, advice: "its limit is \(hook.timeout ?? 0) s")
        }
        let ending = try process.wait().ending
        guard ending == .exited(0) else {
            throw SystemError("run hook", "\(hook.path): \(ending)", errno: 0, stage: stage)
        }
    }

    /// A moment on the host's clock, or none.
    private struct Limit {
        private let end: UInt64?

        init(seconds: Int?) {
            guard let seconds, seconds > 0 else {
                end = nil
                return
            }
            // One of some hundred years is none.
            let (length, tooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
            let (moment, overflow) = HostClock.now().addingReportingOverflow(length)
            end = tooLong || overflow ? nil : moment
        }

        /// As poll(2) takes what is left: rounded up, −1 for no limit.
        var milliseconds: Int32 {
            guard let end else { return -1 }
            let now = HostClock.now()
            return now >= end ? 0 : Int32(clamping: (end - now).dividedRoundingUp(by: 1_000_000))
        }

        var isOver: Bool { end.map { HostClock.now() >= $0 } ?? false }
    }

    /// Writes the state, until the hook has ended or its time is over: it need not read what it is told. SIGPIPE is ignored by
    /// the program.
    ///
    /// - Returns: whether there was time.
    private static func feed(
        _ input: [UInt8], to pipe: Pipe, _ process: RunningProcess, until limit: Limit
    ) throws(SystemError) -> Bool {
        _ = fcntl(pipe.writeEnd, F_SETFL, O_WRONLY | O_NONBLOCK)
        var written = 0
        while written < input.count {
            let count = input[written...].withUnsafeBytes { write(pipe.writeEnd, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
                continue
            }
            if errno == EINTR { continue }
            guard errno == EAGAIN else { return true }
            var events = [
                pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pipe.writeEnd, events: Int16(POLLOUT), revents: 0),
            ]
            let ready = try retryingOnInterrupt("poll", "a hook") { poll(&events, 2, limit.milliseconds) }
            if ready == 0, limit.isOver { return false }
            if events[0].revents != 0 { return true }
        }
        pipe.closeWriteEnd()
        return true
    }

    /// - Returns: whether it ended in time.
    private static func awaitEnd(of process: RunningProcess, until limit: Limit) throws(SystemError) -> Bool {
        while true {
            var end = pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0)
            let ready = try retryingOnInterrupt("poll", "a hook") { poll(&end, 1, limit.milliseconds) }
            if ready != 0 { return true }
            if limit.isOver { return false }
        }
    }
}

extension UInt64 {
    fileprivate func dividedRoundingUp(by divisor: UInt64) -> UInt64 { self / divisor + (self % divisor == 0 ? 0 : 1) }
}
