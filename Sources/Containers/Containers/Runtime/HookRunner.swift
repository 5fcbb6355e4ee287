import Glibc
import Linux
import OCI

/// Runs the hooks that belong to the runtime's side (config.md, "POSIX-platform Hooks"): in its namespaces, with the
/// container's state on standard input.
enum HookRunner {
    /// In order, until one fails.
    ///
    /// - Parameter environment: of hooks that have none of their own; nil: this process's.
    static func run(
        _ hooks: [RuntimeConfiguration.Hook], _ kind: String, state: ContainerState, environment: [String]?
    ) throws(SystemError) {
        guard !hooks.isEmpty else { return }
        let input = state.json()
        for hook in hooks {
            var hook = hook
            hook.environment = hook.environment ?? environment
            try run(hook, kind, input, bundle: state.bundle)
        }
    }

    private static func run(
        _ hook: RuntimeConfiguration.Hook, _ kind: String, _ input: [UInt8], bundle: String
    ) throws(SystemError) {
        let failure = HookFailure(kind: kind, path: hook.path, timeout: hook.timeout)
        let arguments = hook.arguments.isEmpty ? [hook.path] : hook.arguments
        var plan = ProcessPlan(hook.path, Array(arguments.dropFirst()), environment: hook.environment)
        plan.arguments[0] = arguments[0]
        // As other runtimes have it: relative paths of a hook's are the bundle's. It may be gone by the end.
        if SystemFile.exists(bundle) { plan.workingDirectory = bundle }
        let telling = try Pipe()
        // What it says is for its error: this program's own streams are the container's.
        let hearing = try Pipe()
        let process: RunningProcess
        do throws(SystemError) {
            process = try plan.spawn(
                StandardStreams(input: telling.readEnd, output: hearing.writeEnd, error: hearing.writeEnd))
        } catch { throw failure.notStarted(error.errno) }
        telling.closeReadEnd()
        hearing.closeWriteEnd()
        var conversation = Conversation(telling: telling, input: input, hearing: hearing)
        guard try conversation.hold(with: process, until: Limit(seconds: hook.timeout)) else {
            try process.kill()
            _ = try process.wait()
            throw failure.timedOut()
        }
        let ending = try process.wait().ending
        guard ending == .exited(0) else { throw failure.ended(ending, said: conversation.said) }
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

    /// Tells a hook the state, which it need not read, and hears what it says, until it has ended. SIGPIPE is ignored by the
    /// program.
    private struct Conversation {
        private let telling: Pipe
        private var left: ArraySlice<UInt8>
        private let hearing: Pipe
        private var isOver = false
        /// The last of what it has said.
        private(set) var said: [UInt8] = []

        /// Bytes.
        private static let kept = 2048

        init(telling: Pipe, input: [UInt8], hearing: Pipe) {
            self.telling = telling
            left = input[...]
            self.hearing = hearing
            _ = fcntl(telling.writeEnd, F_SETFL, O_WRONLY | O_NONBLOCK)
            _ = fcntl(hearing.readEnd, F_SETFL, O_RDONLY | O_NONBLOCK)
        }

        /// - Returns: whether it ended in time.
        mutating func hold(with process: RunningProcess, until limit: Limit) throws(SystemError) -> Bool {
            defer { telling.closeWriteEnd() }
            while true {
                if left.isEmpty { telling.closeWriteEnd() }
                var events = [
                    pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: isOver ? -1 : hearing.readEnd, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: left.isEmpty ? -1 : telling.writeEnd, events: Int16(POLLOUT), revents: 0),
                ]
                let ready = try retryingOnInterrupt("poll", "a hook") { poll(&events, 3, limit.milliseconds) }
                if ready == 0, limit.isOver { return false }
                if events[1].revents != 0 { _ = hear() }
                if events[2].revents != 0 { tell() }
                guard events[0].revents != 0 else { continue }
                // What it has left behind may hold the pipe open, and is not waited for: only what can be in a pipe.
                for _ in 0..<16 where !hear() { break }
                return true
            }
        }

        private mutating func tell() {
            let count = left.withUnsafeBytes { write(telling.writeEnd, $0.baseAddress, $0.count) }
            if count > 0 { left = left.dropFirst(count) } else if errno != EINTR, errno != EAGAIN { left = [] }
        }

        /// - Returns: whether it said anything.
        private mutating func hear() -> Bool {
            guard !isOver else { return false }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(hearing.readEnd, &bytes, bytes.count)
            isOver = count == 0
            guard count > 0 else { return false }
            said = Array((said + bytes.prefix(count)).suffix(Self.kept))
            return true
        }
    }
}

extension UInt64 {
    fileprivate func dividedRoundingUp(by divisor: UInt64) -> UInt64 { self / divisor + (self % divisor == 0 ? 0 : 1) }
}
