package import Glibc
package import Linux

/// A directory of the test's own, removed with the value.
package final class TemporaryDirectory: Sendable {
    package let path: String

    /// - Parameters:
    ///   - parent: where it is; `/tmp` may be in memory, and not take what a test is about.
    ///   - mode: that others may pass lets tests run parts of themselves as somebody else.
    package init(in parent: String = "/tmp", mode: mode_t = 0o700) throws(SystemError) {
        path = "\(parent)/isolab-test-\(RandomName.make().prefix(16))"
        let path = path
        try retryingOnInterrupt("mkdir", path) { mkdir(path, mode) }
        // Whatever the umask took away.
        chmod(path, mode)
    }

    /// Removes it before its time, with what others left mounted in it: an engine's storage that is bound over itself.
    package func remove() {
        let mounts = ((try? SystemFile.read("/proc/self/mountinfo")) ?? "").parts(between: "\n")
        for mount in mounts.reversed() {
            let fields = mount.fields(between: " ")
            if fields.count > 4, fields[4].starts(path + "/") { umount2(String(fields[4]), Int32(MNT_DETACH)) }
        }
        try? TreeRemoval.remove(path)
    }

    deinit { remove() }
}
