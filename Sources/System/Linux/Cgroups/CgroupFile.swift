import Glibc

/// Reaches what lies below /sys/fs/cgroup from one descriptor of it.
///
/// The way there leads through sysfs, whose lock every lookup takes and every new network namespace holds to write: of a
/// hundred containers that are made at once each would wait there dozens of times. Elsewhere mounted hierarchies are reached by
/// their path.
enum CgroupFile {
    private static let top = "/sys/fs/cgroup/"
    /// Open as long as the process lives; −1 where there is no such directory.
    private static let directory = Glibc.open(top, OwnedDescriptor.pathOnly | O_DIRECTORY | O_CLOEXEC)

    private static func reach<Result>(_ path: String, _ body: (Int32, UnsafePointer<CChar>) -> Result) -> Result {
        path.withCString { text in
            let length = top.utf8.count
            guard strncmp(text, top, length) == 0, text[length] != 0, directory >= 0 else {
                return body(AT_FDCWD, text)
            }
            return body(directory, text + length)
        }
    }

    /// `open(2)`; `O_CLOEXEC` is always added.
    static func open(_ path: String, _ flags: Int32) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(
            owning: try retryingOnInterrupt("open", path) { reach(path) { openat($0, $1, flags | O_CLOEXEC) } })
    }

    /// As `mkdir(2)` answers.
    static func makeDirectory(_ path: String) -> Int32 { reach(path) { mkdirat($0, $1, 0o755) } }

    /// As `rmdir(2)` answers.
    static func removeDirectory(_ path: String) -> Int32 { reach(path) { unlinkat($0, $1, AT_REMOVEDIR) } }

    /// Whether this user may put a process into a cgroup.
    static func mayEnter(_ path: String) -> Bool {
        reach(path + "/cgroup.procs") { faccessat($0, $1, W_OK, AT_EACCESS) } == 0
    }

    static func exists(_ path: String) -> Bool { reach(path) { faccessat($0, $1, F_OK, 0) } == 0 }
}
