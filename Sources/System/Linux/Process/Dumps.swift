import CLinux
import Glibc

/// Who may look into this process's memory (prctl(2), PR_SET_DUMPABLE).
package enum Dumps {
    /// From here on nobody may who has no CAP_SYS_PTRACE in the user namespace that this program was started in, whatever user he
    /// is and whatever rights he has in a namespace below. An execve forgets it.
    package static func forbid() { isolab_set_dumpable(0) }

    /// Allows it for as long as the body runs, where it matters: while dumps are forbidden the files in /proc of a process, and of
    /// one that shares its memory, are root's, and an ordinary user may write no id maps.
    ///
    /// Only while no process of a container can see this memory.
    package static func allowing<Result>(
        _ body: () throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        guard !StandardDirectories.isHostRoot, isolab_is_dumpable() == 0 else { return try body() }
        isolab_set_dumpable(1)
        defer { isolab_set_dumpable(0) }
        return try body()
    }
}
