import Glibc
public import Linux

/// Puts the running program beyond the reach of the containers it makes.
///
/// A process in a container can come by the program's file through `/proc/<pid>/exe` of one that is about to enter
/// (CVE-2019-5736): it finds one that nobody can write to. An ordinary user's program is no more than he himself is.
public enum ProgramProtection {
    /// Executes the program again from a read-only mount of its file, unless it runs from one already; then forbids others to
    /// look into it.
    ///
    /// - Parameter arguments: the program's own, with which it is executed again. Its name becomes the absolute path, by which
    ///   it still finds the programs beside it (`StandardDirectories.programs`).
    /// - Returns: why it could not be done, on hosts that do not let it; nil where it is.
    public static func engage(_ arguments: [String]) throws(SystemError) -> String? {
        guard geteuid() == 0 else {
            Dumps.forbid()
            return nil
        }
        let words = [StandardDirectories.programPath] + arguments.dropFirst()
        var number = ReadOnlySelf.execute(words)
        // Root of a user namespace, in a mount namespace that is not its own.
        if number == EPERM, !StandardDirectories.isHostRoot, ThreadNamespaces.unshare(.mount) == 0 {
            number = ReadOnlySelf.execute(words)
        }
        Dumps.forbid()
        guard number != 0 else { return nil }
        let error = SystemError("run from a read-only mount", "this program", errno: number)
        guard [EPERM, ENOSYS, EINVAL].contains(error.errno) else { throw error }
        return "this program cannot be protected from containers here: \(SystemError.message(error.errno))"
    }
}
