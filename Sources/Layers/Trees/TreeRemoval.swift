import CLinux
import Glibc
public import Linux

/// Removes directory trees of any depth, without following links and with two descriptors at a time.
public enum TreeRemoval {
    /// `rm -rf`: what is not there is fine.
    public static func remove(_ path: String) throws(SystemError) {
        try remove(terminated(path.utf8), in: AT_FDCWD, path)
    }

    /// Removes what a directory holds under a name.
    ///
    /// Descends one directory at a time and climbs back by `..`, since a container may have made more levels than a process
    /// may open descriptors. Nobody else may move directories in the tree meanwhile; that they did not is checked.
    ///
    /// - Parameter shown: the name for messages.
    static func remove(_ name: [CChar], in parent: Int32, _ shown: String) throws(SystemError) {
        if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw SystemError("unlinkat", shown) }
        var current = try Level(name, in: parent, shown)
        // The levels above the current one, without a descriptor.
        var above: [(name: [CChar], inode: ino_t, device: dev_t)] = []
        while true {
            if let child = try current.removeFiles(shown) {
                above.append((name: current.name, inode: current.inode, device: current.device))
                current = try Level(child, in: current.descriptor.number, shown)
                continue
            }
            guard let upper = above.popLast() else { break }
            let name = current.name
            let back = try Level([0x2E, 0x2E, 0], in: current.descriptor.number, shown)
            guard back.inode == upper.inode, back.device == upper.device else {
                throw SystemError("openat", shown, errno: ESTALE, advice: "somebody moves directories in it")
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

/// The names in a directory, by its descriptor.
enum DirectoryEntries {
    /// The names for which a body answers true, sorted by bytes; without `.` and `..`.
    static func names(in directory: Int32, _ shown: String) throws(SystemError) -> [[CChar]] {
        var names: [[CChar]] = []
        _ = try first(in: directory, shown) { name throws(SystemError) in
            names.append(Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)))
            return false
        }
        return names.sorted { strcmp($0, $1) < 0 }
    }

    /// The first name that a body answers true for.
    static func first(
        in directory: Int32, _ shown: String, where body: (UnsafePointer<CChar>) throws(SystemError) -> Bool
    ) throws(SystemError) -> [CChar]? {
        // A position of its own: the caller's descriptor may be read again.
        let copy = isolab_open_at(directory, ".", O_RDONLY | O_DIRECTORY, 0)
        guard copy >= 0 else { throw SystemError("openat", shown) }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw SystemError("fdopendir", shown)
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError("readdir", shown) }
                return nil
            }
            var isFound = false
            var found: [CChar]?
            try withUnsafePointer(to: &entry.pointee.d_name) { pointer throws(SystemError) in
                try pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name throws(SystemError) in
                    if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { return }
                    isFound = try body(name)
                    if isFound { found = Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)) }
                }
            }
            if isFound { return found }
        }
    }
}
