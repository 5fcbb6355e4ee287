import Glibc
import Linux
import OCI

/// The wait for a process that others than its launcher can see, until its program runs.
///
/// Who is in its pid namespace already sees it: whoever may trace it could hold its end of a pipe open or not let it go on, and
/// whoever is of its user may stop it. So its own end ends the waiting, too, and so does a signal that asks this program to end; one
/// that is stopped is woken up, and one that others keep stopping, trace, or have led elsewhere is given up.
struct JoinWatch {
    /// What the wait belongs to, for errors.
    var operation = "exec into"
    /// Nanoseconds from when it is first found stopped or traced. It needs one for its few steps, and each waking brings it further.
    var patience: UInt64 = 10_000_000_000
    /// Nanoseconds in all, paused time not counted: whoever traced it for an instant can have sent it anywhere. Far
    /// beyond what a disk of a loaded host takes.
    var limit: UInt64 = 120_000_000_000
    /// Nanoseconds before a signal is heard.
    var deafness: UInt64 = 0
    /// Whether what it does may take as long as it likes, in a hook or until the owner of its filter's listener has answered.
    var mayTakeLong: () -> Bool = { false }
    /// Whether the container is paused, and nothing of it can go on.
    var isPaused: () -> Bool = { false }
    /// Whether the cgroup that it runs in is frozen by itself: one below the container's, which processes inside have made.
    var isFrozen: () -> Bool = { false }
    /// The hooks that a report can be about.
    var hooks: () -> [HookFailure] = { [] }
    /// The program's file that the process has before its own.
    var before = ProgramFile.own

    /// Whether a container's first process does what takes as long as it likes.
    static func mayTakeLong(_ configuration: RuntimeConfiguration) -> Bool {
        let hooks = configuration.hooks ?? .init()
        return !hooks.createContainer.isEmpty || !hooks.startContainer.isEmpty || hasListener(configuration)
    }

    static func hasListener(_ configuration: RuntimeConfiguration) -> Bool {
        configuration.linux?.seccomp?.needsListener == true
    }

    /// Held back, to be passed on to the command once it runs.
    private static func signalToEnd() -> String? {
        let signal = RequestToEnd.pending
        return signal == 0 ? nil : words(forSignal: signal)
    }

    static func words(forSignal signal: Int32) -> String { "signal \(signal) arrived before the process could start" }

    var tooLate: String {
        "it did not start within \(limit / 1_000_000_000) s; processes of the container may be holding it up"
    }

    static let frozen = "processes of the container have frozen the cgroup that it has to run in"

    func refusal(_ program: String, _ reason: String) -> SystemError {
        SystemError(operation, program, errno: 0, advice: reason)
    }

    /// What ended the waiting.
    enum Word {
        /// There is something to read, or nobody is left to write it.
        case said
        case ended
        /// It runs another program, whatever is held open.
        case begun
    }

    /// - Parameters:
    ///   - report: what it says of a failure; its end closes as its program begins.
    ///   - program: its name, for the error.
    /// - Returns: what failed; it may be alive then where somebody else wrote the report. Nil where its program runs.
    func failure(_ report: Pipe, of process: RunningProcess, _ program: String) -> SystemError? {
        report.closeWriteEnd()
        return failure(report.readEnd, of: process, program)
    }

    func failure(_ report: Int32, of process: RunningProcess, _ program: String) -> SystemError? {
        do throws(SystemError) { _ = try word(on: report, of: process, program) } catch { return error }
        return Self.report(report, program, hooks: hooks)
    }

    /// The same of a container's first process, the last of whose hooks says its end in the report (`ChildFailure.hooksEnded`): one that ends before
    /// has not begun.
    func failureToStart(_ report: Int32, of process: RunningProcess, _ program: String) -> SystemError? {
        var isReady = false
        while true {
            let word: Word
            do throws(SystemError) { word = try self.word(on: report, of: process, program) } catch { return error }
            var said = Self.bytes(report)
            let isNews = !isReady && said.first == ChildFailure.hooksEnded
            if isNews {
                isReady = true
                said.removeFirst()
            }
            if let failure = ChildFailure.error(report: said, program: program, hooks: hooks) { return failure }
            if isNews, case .said = word { continue }
            if case .begun = word { return nil }
            // Its hooks are asked for last: whether there are any stands in its configuration.
            let hasBegun = isReady || ProgramFile(of: process.pid).map { $0 != before } == true || hooks().isEmpty
            return hasBegun ? nil : refusal(program, "it was killed before its program could run")
        }
    }

    /// What has been reported by now.
    static func report(
        _ descriptor: Int32, _ program: String, hooks: () -> [HookFailure] = { [] }
    ) -> SystemError? {
        ChildFailure.error(report: bytes(descriptor), program: program, hooks: hooks)
    }

    private static func bytes(_ descriptor: Int32) -> [UInt8] {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        defer { _ = fcntl(descriptor, F_SETFL, flags) }
        var bytes = [UInt8](repeating: 0, count: ChildFailure.longestReport)
        var count = read(descriptor, &bytes, bytes.count)
        while count < 0, errno == EINTR { count = read(descriptor, &bytes, bytes.count) }
        return Array(bytes.prefix(max(0, count)))
    }

    /// Waits until there is something to read, the process has ended, or its program runs.
    ///
    /// - Throws: why it is waited for no longer. It has been killed.
    func word(on descriptor: Int32, of process: RunningProcess, _ program: String) throws(SystemError) -> Word {
        var ends = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0),
        ]
        var deadline: UInt64?
        var beginning = HostClock.now()
        var pause: Int32 = 20
        while try Self.poll(&ends, pause) == 0 {
            if let signal = Self.signalToEnd() { throw given(up: process, program, signal) }
            if let before, let now = ProgramFile(of: process.pid), now != before { return .begun }
            guard !isPaused() else {
                beginning = HostClock.now()
                continue
            }
            if HostClock.now() &- beginning >= limit, !mayTakeLong() {
                throw given(up: process, program, tooLate)
            }
            guard let holder = Holder.of(process) ?? (isFrozen() ? .freezer : nil) else { continue }
            // It may have begun after it was seen so: a program that runs is left alone.
            guard try Self.poll(&ends, 0) == 0 else { break }
            let last = deadline ?? HostClock.now() &+ patience
            deadline = last
            guard HostClock.now() < last else { throw given(up: process, program, holder.complaint) }
            holder.wake()
            // Who stops it again and again leaves it little time in between.
            if case .stopper = holder { pause = 1 }
        }
        return ends[0].revents != 0 ? .said : .ended
    }

    private static func poll(_ ends: inout [pollfd], _ pause: Int32) throws(SystemError) -> Int32 {
        try retryingOnInterrupt("poll", "a joining process") { Glibc.poll(&ends, nfds_t(ends.count), pause) }
    }

    private func given(up process: RunningProcess, _ program: String, _ reason: String) -> SystemError {
        try? process.kill()
        return refusal(program, reason)
    }
}

extension JoinWatch {
    /// Which file a process runs; nil where that is not to be seen.
    ///
    /// Told by the kernel alone: of a file system that the container serves, stat(2) would wait for it, out of SIGKILL's reach.
    struct ProgramFile: Equatable {
        private let mount: String
        private let number: String

        init?(of process: Int32) { self.init("/proc/\(process)/exe") }

        /// Of this process.
        static var own: ProgramFile? { ProgramFile("/proc/self/exe") }

        private init?(_ path: String) {
            guard let file = try? OwnedDescriptor(opening: path, OwnedDescriptor.pathOnly),
                let text = try? SystemFile.read("/proc/self/fdinfo/\(file.number)")
            else { return nil }
            let lines = text.parts(between: "\n")
            func word(_ name: String) -> String {
                lines.lazy.compactMap { $0.rest(after: name) }.first.map { String($0) } ?? ""
            }
            (mount, number) = (word("mnt_id:"), word("ino:"))
        }
    }

    /// What keeps a process from going on, or the hook that it waits for.
    private enum Holder {
        case stopper(of: RunningProcess, hook: Int32?)
        case tracer
        case freezer

        static func of(_ process: RunningProcess) -> Holder? {
            let children = (try? SystemFile.read("/proc/\(process.pid)/task/\(process.pid)/children")) ?? ""
            for pid in [process.pid] + children.parts(between: " ").compactMap({ Int32($0) }) {
                if (try? Procfs.status(of: pid).state) == "T" {
                    return .stopper(of: process, hook: pid == process.pid ? nil : pid)
                }
                if isTraced(pid) { return .tracer }
            }
            return nil
        }

        /// By somebody inside: not by who traces this program as well, and not from a pid namespace further out.
        private static func isTraced(_ pid: Int32) -> Bool {
            guard let tracer = Procfs.tracer(of: pid), tracer != Procfs.tracer(of: getpid()) else { return false }
            return Procfs.depth(of: tracer) >= Procfs.depth(of: pid)
        }

        var complaint: String {
            switch self {
            case .stopper: "processes of the container keep stopping processes that join it"
            case .tracer: "a process of the container traces and holds processes that join it"
            case .freezer: JoinWatch.frozen
            }
        }

        func wake() {
            guard case .stopper(let process, let hook) = self else { return }
            guard let hook else {
                try? process.kill(SIGCONT)
                return
            }
            guard let pidfd = Procfs.descriptor(of: hook) else { return }
            // Its number was another's by now, unless it is a child still.
            guard (try? Procfs.status(of: hook).parent) == process.pid else { return }
            try? RunningProcess.send(SIGCONT, to: pidfd.number, hook)
        }
    }
}
