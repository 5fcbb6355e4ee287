import CLinux
import Glibc

/// The signals that this process may ignore, which a program started by it would ignore too (execve(2)).
///
/// Asked of the kernel once, for asking costs as many calls as setting them: what was ignored when the first process was made, and
/// SIGPIPE, which libraries ignore for a while. A program of isolab's that ignores any other does so before it makes a process.
enum IgnoredSignals {
    /// SIGHUP is bit 0.
    static let mask = isolab_ignored_signals() | 1 << UInt64(SIGPIPE - 1)
}
