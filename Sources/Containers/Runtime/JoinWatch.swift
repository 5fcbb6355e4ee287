import Glibc
import Linux

/// The wait for a process that joins a container, until its program runs.
///
/// The container sees that process: whoever may trace it could hold its end of the report open, and whoever is of its user may stop
/// it. So its own end ends the waiting, too, and so does a signal that asks this program to end; one that is stopped is woken up,
/// and given up where others keep stopping it.
struct JoinWatch {
    /// Nanoseconds from when it is first found stopped. It needs one for its few steps, and each waking brings it further.
    var patience: UInt64 = 10_000_000_000

    /// - Parameters:
    ///   - report: what it says of a failure; its end closes as its program begins.
    ///   - program: its name, for the error.
    /// - Returns: what failed; it may be alive then where somebody else wrote the report. Nil where its program runs.
    func failure(
        _ report: Pipe, of process: RunningProcess, _ program: String
    ) throws(SystemError) -> SystemError? {
        report.closeWriteEnd()
        _ = fcntl(report.readEnd, F_SETFL, O_NONBLOCK)
        var ends = [
            pollfd(fd: report.readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0),
        ]
        var deadline: UInt64?
        var pause: Int32 = 20
        while try retryingOnInterrupt("poll", "a joining process", { poll(&ends, 2, pause) }) == 0 {
            if let signal = Self.pendingRequestToEnd() {
                return Self.given(up: process, program, "signal \(signal) came before the container let it begin")
            }
            guard try Self.isHeldBack(process, &ends[0]) else { continue }
            let last = deadline ?? HostClock.now() &+ patience
            deadline = last
            guard HostClock.now() < last else {
                return Self.given(up: process, program, "the container's processes keep stopping what joins it")
            }
            try? process.kill(SIGCONT)
            // Who stops it again and again leaves it little time in between.
            pause = 1
        }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(report.readEnd, &bytes, bytes.count)
        return ChildFailure.error(report: Array(bytes.prefix(max(0, count))), program: program)
    }

    /// Whether it is stopped, and its program had not begun after it was seen so: a program that runs is left alone.
    private static func isHeldBack(_ process: RunningProcess, _ report: inout pollfd) throws(SystemError) -> Bool {
        guard (try? Procfs.status(of: process.pid).state) == "T" else { return false }
        return try retryingOnInterrupt("poll", "a joining process", { poll(&report, 1, 0) }) == 0
    }

    private static func given(up process: RunningProcess, _ program: String, _ reason: String) -> SystemError {
        try? process.kill()
        return SystemError("exec into", program, errno: 0, advice: reason)
    }

    /// A signal that is held back, to be passed on to the command once it runs.
    private static func pendingRequestToEnd() -> Int32? {
        var pending = sigset_t()
        guard sigpending(&pending) == 0 else { return nil }
        return [SIGINT, SIGTERM, SIGHUP, SIGQUIT].first { sigismember(&pending, $0) == 1 }
    }
}
