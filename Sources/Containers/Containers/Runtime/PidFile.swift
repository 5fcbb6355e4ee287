import Glibc
import Linux

/// The file that `--pid-file` names: a regular one, or one that is not there yet. A FIFO without a reader would hold the launch up.
enum PidFile {
    /// Before anything is made.
    static func check(_ path: String) throws(SystemError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        throw SystemError(
            "write", path, errno: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL, stage: "--pid-file",
            advice: "use a regular file, or one that does not exist yet")
    }

    static func write(_ pid: Int32, to path: String) throws(SystemError) {
        try check(path)
        try NamedOutput.write(Array("\(pid)".utf8), to: path)
    }
}
