import CLinux

/// fork(2), for a process of one thread.
package enum PlainFork {
    /// - Returns: 0 in the copy, its number in the original; −1 and errno.
    package static func fork() -> Int32 { isolab_fork() }

    /// The same; the copy is killed when its parent ends.
    package static func forkBound() -> Int32 { isolab_fork_bound() }

    /// A process that does nothing until it is killed, or the calling thread ends: it holds a place that needs a process in it.
    ///
    /// - Returns: its number; −1 and errno.
    package static func holdPlace() -> Int32 { isolab_hold_place() }
}
