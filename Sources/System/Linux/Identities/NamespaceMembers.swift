import Glibc

/// Which processes of a user are in the user namespace of his own, on disk: as long as one of them lives, the next joins it
/// there, for two such namespaces have no rights over each other.
///
/// A file a process, named by its number and start time, which no other process of this boot shares. What a process left that
/// is gone, the next one removes.
struct NamespaceMembers: ~Copyable {
    private let path: String
    private let lock: OwnedDescriptor

    /// Waits until nobody else looks for a namespace or makes one.
    ///
    /// - Parameter path: a directory, made where it is missing, below one that nobody else may write to.
    init(path: String) throws(SystemError) {
        try SystemFile.makeDirectories(path, mode: 0o700)
        let file = try OwnedDescriptor(opening: path + "/lock", O_RDWR | O_CREAT, mode: 0o600)
        try retryingOnInterrupt("flock", path) { flock(file.number, LOCK_EX) }
        self.path = path
        lock = file
    }

    /// The user namespace of a member that lives.
    func namespace() throws(SystemError) -> OwnedDescriptor? {
        for name in try SystemFile.names(in: path) where name != "lock" {
            if let pid = Self.process(name), (try? Self.name(of: pid)) == name {
                let number = open("/proc/\(pid)/ns/user", O_RDONLY | O_CLOEXEC)
                guard number >= 0 else { continue }
                // It may have ended, and another have its number, between the two looks.
                if (try? Self.name(of: pid)) == name { return OwnedDescriptor(owning: number) }
                close(number)
            } else {
                unlink("\(path)/\(name)")
            }
        }
        return nil
    }

    /// Writes this process down.
    func add() throws(SystemError) {
        _ = try OwnedDescriptor(opening: "\(path)/\(try Self.name(of: getpid()))", O_WRONLY | O_CREAT, mode: 0o600)
    }

    /// - Throws: where there is no such process; a zombie has left its namespaces.
    private static func name(of pid: Int32) throws(SystemError) -> String {
        let status = try Procfs.status(of: pid)
        guard status.state != "Z", status.state != "X" else {
            throw SystemError("find", "process \(pid)", errno: ESRCH)
        }
        return "\(pid)-\(status.startTime)"
    }

    private static func process(_ name: String) -> Int32? {
        let parts = name.parts(between: "-")
        return parts.count == 2 && UInt64(parts[1]) != nil ? Int32(parts[0]) : nil
    }
}
