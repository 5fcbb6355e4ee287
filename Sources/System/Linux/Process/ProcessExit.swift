import CLinux
import Glibc

/// How a process ended, and what it used.
public struct ProcessExit: Equatable, Sendable {
    public enum Ending: Hashable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32, coreDumped: Bool)

        /// `exit status 3`, `killed by signal 9 (Killed)`.
        public var description: String {
            switch self {
            case .exited(let status): return "exit status \(status)"
            case .signalled(let signal, _):
                let words = strsignal(signal).map { String(cString: $0) } ?? "unknown"
                return "killed by signal \(signal) (\(words))"
            }
        }
    }

    public var ending: Ending
    /// Nanoseconds of CPU in user mode, of the process and the children it waited for.
    public var userTime: UInt64
    /// Nanoseconds of CPU in the kernel.
    public var systemTime: UInt64
    /// The largest resident set in bytes (`ru_maxrss`). A process made by `Spawn` or a container was for a moment the same
    /// memory as its parent, and the kernel counts that moment: prefer the cgroup's peak.
    public var maximumResidentSet: UInt64
    public var voluntarySwitches: Int
    public var involuntarySwitches: Int
    public var minorFaults: Int
    public var majorFaults: Int

    /// The status as a shell would say it: 128 + signal for a killed process.
    public var shellStatus: Int32 {
        switch ending {
        case .exited(let status): status
        case .signalled(let signal, _): 128 + signal
        }
    }

    public var succeeded: Bool { ending == .exited(0) }

    /// Waits for a child and reaps it (`waitid(2)`, which also tells the resources used).
    ///
    /// The process number cannot be recycled before: the child stays a zombie until this call.
    public static func wait(for pid: Int32) throws(SystemError) -> ProcessExit {
        guard let status = try wait(for: pid, options: WEXITED) else {
            throw SystemError("waitid", "process \(pid)", errno: ECHILD)
        }
        return status
    }

    /// Reaps a child if it has ended; nil while it runs.
    public static func poll(_ pid: Int32) throws(SystemError) -> ProcessExit? {
        try wait(for: pid, options: WEXITED | WNOHANG)
    }

    private static func wait(for pid: Int32, options: Int32) throws(SystemError) -> ProcessExit? {
        var how = isolab_exit()
        var usage = rusage()
        try retryingOnInterrupt("waitid", "process \(pid)") { isolab_wait(pid, options, &how, &usage) }
        guard how.pid != 0 else { return nil }
        func nanoseconds(_ time: timeval) -> UInt64 {
            UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1000
        }
        return ProcessExit(
            ending: how.code == CLD_EXITED
                ? .exited(how.status) : .signalled(how.status, coreDumped: how.code == CLD_DUMPED),
            userTime: nanoseconds(usage.ru_utime), systemTime: nanoseconds(usage.ru_stime),
            maximumResidentSet: UInt64(usage.ru_maxrss) * 1024, voluntarySwitches: usage.ru_nvcsw,
            involuntarySwitches: usage.ru_nivcsw, minorFaults: usage.ru_minflt, majorFaults: usage.ru_majflt)
    }
}
