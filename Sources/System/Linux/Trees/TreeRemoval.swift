internal import CLinux
package import Glibc

/// Removes directory trees of any depth, without following links or leaving their file system, and with two descriptors at a
/// time.
public enum TreeRemoval {
    /// `rm -rf`: what is not there is fine.
    public static func remove(_ path: String) throws(SystemError) {
        try remove(FileName.terminated(path.utf8), in: AT_FDCWD, path)
    }

    /// Removes what a directory holds under a name.
    ///
    /// Descends one directory at a time and climbs back by `..`, since a container may have made more levels than a process
    /// may open descriptors. Nobody else may move directories in the tree meanwhile; that they did not is checked.
    ///
    /// - Parameter shown: the name for messages.
    package static func remove(_ name: [CChar], in parent: Int32, _ shown: String) throws(SystemError) {
        for _ in 0..<greatestAttempts {
            do throws(SystemError) { return try removeOnce(name, in: parent, shown) } catch {
                // Somebody else removes the same: what he has done need not be done, and the rest is looked at again.
                guard error.errno == ENOENT else { throw error }
            }
        }
        try removeOnce(name, in: parent, shown)
    }

    private static let greatestAttempts = 1000

    private static func removeOnce(_ name: [CChar], in parent: Int32, _ shown: String) throws(SystemError) {
        if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw SystemError("unlinkat", shown) }
        var current = try Level(name, in: parent, shown)
        // The levels above the current one, without a descriptor.
        var above: [(name: [CChar], inode: ino_t, device: dev_t)] = []
        while true {
            if let child = try current.removeFiles(shown) {
                above.append((name: current.name, inode: current.inode, device: current.device))
                let device = current.device
                current = try Level(child, in: current.descriptor.number, shown)
                guard current.device == device else {
                    throw SystemError("remove", shown, errno: EBUSY, advice: "something is mounted in it")
                }
                continue
            }
            guard let upper = above.popLast() else { break }
            let name = current.name
            let back = try Level([0x2E, 0x2E, 0], in: current.descriptor.number, shown)
            guard back.inode == upper.inode, back.device == upper.device else {
                throw SystemError("openat", shown, errno: ESTALE, advice: "directories in it are being moved")
            }
            current = Level(back, named: upper.name)
            try retryingOnInterrupt("unlinkat", shown) { unlinkat(current.descriptor.number, name, AT_REMOVEDIR) }
        }
        try retryingOnInterrupt("unlinkat", shown) { unlinkat(parent, name, AT_REMOVEDIR) }
    }

    /// A directory whose files are being removed.
    private struct Level: ~Copyable {
        let name: [CChar]
        let descriptor: OwnedDescriptor
        let inode: ino_t
        let device: dev_t

        init(_ name: [CChar], in parent: Int32, _ shown: String) throws(SystemError) {
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
            var number = isolab_open_at(parent, name, flags, 0)
            // An ordinary user's own directory that its owner cannot read.
            if number < 0, errno == EACCES, fchmodat(parent, name, 0o700, 0) == 0 {
                number = isolab_open_at(parent, name, flags, 0)
            }
            guard number >= 0 else { throw SystemError("openat", shown) }
            var information = stat()
            // Of an open descriptor: cannot fail.
            fstat(number, &information)
            self.name = name
            descriptor = OwnedDescriptor(owning: number)
            inode = information.st_ino
            device = information.st_dev
        }

        init(_ other: consuming Level, named name: [CChar]) {
            self.name = name
            inode = other.inode
            device = other.device
            descriptor = other.descriptor
        }

        /// Removes all but directories, and names one of those; nil once the directory is empty.
        func removeFiles(_ shown: String) throws(SystemError) -> [CChar]? {
            try DirectoryEntries.first(in: descriptor.number, shown) { name throws(SystemError) in
                if unlinkat(descriptor.number, name, 0) == 0 || errno == ENOENT { return false }
                if errno == EACCES, fchmod(descriptor.number, 0o700) == 0, unlinkat(descriptor.number, name, 0) == 0 {
                    return false
                }
                if errno == EISDIR || errno == EPERM {
                    // An empty one is done with at once.
                    return unlinkat(descriptor.number, name, AT_REMOVEDIR) != 0
                }
                throw SystemError("unlinkat", "\(shown)/…/\(String(cString: name))")
            }
        }
    }
}
