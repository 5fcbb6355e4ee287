import Glibc
import Linux

/// A namespace that a configuration names by a path.
enum NamespaceFile {
    /// Opens it, and nothing else: a FIFO would wait for a writer, and a device might do something.
    static func open(_ path: String) throws(SystemError) -> OwnedDescriptor {
        let found = try OwnedDescriptor(opening: path, OwnedDescriptor.pathOnly)
        var named = stat()
        var own = stat()
        try retryingOnInterrupt("fstat", path) { fstat(found.number, &named) }
        // All namespaces are files of one file system of the kernel's own.
        try retryingOnInterrupt("stat", "/proc/self/ns/mnt") { stat("/proc/self/ns/mnt", &own) }
        guard named.st_dev == own.st_dev else {
            throw SystemError(
                "join", path, errno: EINVAL, stage: "config.json, linux.namespaces.path",
                advice: "it is not a namespace; use a file such as /proc/PID/ns/net")
        }
        // The very file that was looked at, whatever has its name by now.
        return try OwnedDescriptor(opening: "/proc/self/fd/\(found.number)", O_RDONLY)
    }
}
