import Glibc

/// Processes that SIGKILL does not end, because they are in a call of the kernel's that waits for others: for a file system whose
/// server never answers (FUSE, NFS), for a disk.
package enum UndyingProcesses {
    /// More are counted, not named.
    private static let named = 5

    /// `process 12 (sh), process 15 (cat)`.
    package static func words(_ pids: [Int32]) -> String {
        var words = pids.prefix(named).map { pid in
            "process \(pid)" + ((try? Procfs.status(of: pid).name).map { " (\($0))" } ?? "")
        }
        if pids.count > named { words.append("\(pids.count - named) more") }
        return words.joined(separator: ", ")
    }

    package static func error(_ pids: [Int32]) -> SystemError {
        SystemError(
            "end", words(pids), errno: EBUSY,
            advice: "killed, but waiting in the kernel, perhaps for a file system that does not answer (FUSE, NFS): "
                + "end or unmount that one, and try again")
    }
}
