import CLinux

/// fork(2), for a process of one thread.
package enum PlainFork {
    /// - Returns: 0 in the copy, its number in the original; −1 and errno.
    package static func fork() -> Int32 { isolab_fork() }
}
