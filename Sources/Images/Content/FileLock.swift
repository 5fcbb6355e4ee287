import Glibc
package import Linux

/// A lock on a file (flock(2)), held until the value goes: by whatever way its process ends, the kernel lets go of it.
///
/// It holds against other processes and against other tasks of this one alike.
package final class FileLock: Sendable {
    package enum Kind: Sendable {
        /// Beside other shared ones.
        case shared
        /// Alone.
        case exclusive
    }

    private let file: OwnedDescriptor
    private let path: String
    /// Locks of passing names do not stay on disk.
    private let isRemoved: Bool

    /// Waits for the lock.
    ///
    /// - Parameter removing: the file is removed when the lock is let go; for exclusive locks of names that come and go.
    package convenience init(_ kind: Kind, _ path: String, removing: Bool = false) throws(SystemError) {
        while true {
            let file = try Self.open(path)
            try retryingOnInterrupt("flock", path) { flock(file.number, kind == .shared ? LOCK_SH : LOCK_EX) }
            if Self.isStill(file.number, path) {
                self.init(file, path, isRemoved: removing)
                return
            }
        }
    }

    /// The lock, or nil where another holds it.
    package convenience init?(trying kind: Kind, _ path: String, removing: Bool = false) throws(SystemError) {
        while true {
            let file = try Self.open(path)
            guard try Self.tryLock(file.number, kind, path) else { return nil }
            if Self.isStill(file.number, path) {
                self.init(file, path, isRemoved: removing)
                return
            }
        }
    }

    private init(_ file: consuming OwnedDescriptor, _ path: String, isRemoved: Bool) {
        self.file = file
        self.path = path
        self.isRemoved = isRemoved
    }

    deinit {
        // Before it is let go: whoever waits for it sees then that its file is gone, and makes another.
        if isRemoved { unlink(path) }
    }

    private static func open(_ path: String) throws(SystemError) -> OwnedDescriptor {
        try OwnedDescriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    }

    /// Takes the lock of an open file if nobody else has it.
    static func tryLock(_ descriptor: Int32, _ kind: Kind, _ path: String) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try retryingOnInterrupt("flock", path) {
                flock(descriptor, (kind == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB)
            }
            return true
        } catch {
            if error.errno == EWOULDBLOCK { return false }
            throw error
        }
    }

    /// Whether the path still leads to the open file: its last owner may have removed it meanwhile.
    static func isStill(_ descriptor: Int32, _ path: String) -> Bool {
        var opened = stat()
        var named = stat()
        return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0
            && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }
}
