import Glibc
import Linux

/// A whiteout says what lower layers' files are gone; what the same layer brings stays, whichever comes first in the archive.
extension EntryWriter {
    /// `.wh.NAME`.
    func remove(_ hidden: LayerPath) throws(LayerError) {
        let name = FileName.terminated(hidden.name)
        if isOnTop {
            guard let parent = root.existingParent(of: hidden) else { return }
            let place = Place(directory: parent, name: name)
            if made.contains(hidden.name, in: parent) {
                try removeForeign(below: name, in: place.parent, hidden)
            } else {
                try clear(place, hidden)
            }
            return
        }
        let place = Place(directory: try root.parent(of: hidden), name: name)
        var information = stat()
        if fstatat(place.parent, place.name, &information, AT_SYMLINK_NOFOLLOW) == 0 {
            if information.isDirectory { try markOpaque(place, hidden) }
            return
        }
        try check("mknodat", hidden, mknodat(place.parent, place.name, S_IFCHR, 0))
    }

    /// `.wh..wh..opq`.
    func makeOpaque(_ marker: LayerPath) throws(LayerError) {
        let directory = try root.parent(of: marker)
        if isOnTop {
            try removeForeign(in: directory.descriptor.number, marker)
        } else {
            try markOpaque(Place(directory: directory, name: [0x2E, 0]), marker)
        }
    }

    func markOpaque(_ place: Place, _ path: LayerPath) throws(LayerError) {
        let number = EntryCalls.open(place.name, in: place.parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard number >= 0 else { throw failure("openat", path) }
        let directory = OwnedDescriptor(owning: number)
        try check(
            "setxattr", path, FileAttributes.set(options.whiteouts.opaqueAttribute, "y", 1, of: directory.number))
    }

    /// Removes below a directory of this layer what came from others.
    private func removeForeign(below name: [CChar], in parent: Int32, _ path: LayerPath) throws(LayerError) {
        let number = EntryCalls.open(name, in: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        // Anything but a directory has nothing below.
        guard number >= 0 else { return }
        let directory = OwnedDescriptor(owning: number)
        try removeForeign(in: directory.number, path)
    }

    private func removeForeign(in directory: Int32, _ path: LayerPath) throws(LayerError) {
        root.forget()
        let names: [[CChar]]
        let inode: ino_t
        do throws(SystemError) {
            inode = try MadeEntries.inode(of: directory)
            names = try DirectoryEntries.names(in: directory, path.description).map { FileName.terminated($0) }
            for name in names where !made.contains(name, in: inode) {
                try TreeRemoval.remove(name, in: directory, path.description)
            }
        } catch {
            throw LayerError(error, entry: path.description)
        }
        for name in names where made.contains(name, in: inode) {
            try removeForeign(below: name, in: directory, path)
        }
    }
}

/// What a layer has made so far, by the directory it is in: names alone would not do where links lead to one directory by
/// several names.
struct MadeEntries {
    /// Hashes with the process's random seed; 8 bytes an entry.
    private var hashes: Set<Int> = []

    mutating func insert(_ path: LayerPath, in directory: RootDirectory.Parent) {
        guard let inode = try? Self.inode(of: directory.descriptor.number) else { return }
        hashes.insert(Self.hash(path.name, inode))
    }

    func contains(_ name: some Sequence<UInt8>, in directory: RootDirectory.Parent) -> Bool {
        guard let inode = try? Self.inode(of: directory.descriptor.number) else { return false }
        return hashes.contains(Self.hash(name, inode))
    }

    func contains(_ name: [CChar], in directory: ino_t) -> Bool {
        hashes.contains(Self.hash(name.dropLast().map { UInt8(bitPattern: $0) }, directory))
    }

    static func inode(of directory: Int32) throws(SystemError) -> ino_t {
        var information = stat()
        try retryingOnInterrupt("fstat", "directory") { fstat(directory, &information) }
        return information.st_ino
    }

    private static func hash(_ name: some Sequence<UInt8>, _ directory: ino_t) -> Int {
        var hasher = Hasher()
        hasher.combine(directory)
        for byte in name { hasher.combine(byte) }
        return hasher.finalize()
    }
}
