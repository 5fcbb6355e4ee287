internal import CLinux
internal import Glibc

extension MergedTree {
    /// Opens a regular file by its path in the merged tree: links are followed as in a container whose root this is, through
    /// all layers, and never lead outside.
    ///
    /// A device, a FIFO or anything else is not opened: whoever made the layers decides what lies there, and the host has no rule
    /// of devices.
    ///
    /// - Returns: nil where there is no such file.
    public func file(at path: String) throws(SystemError) -> OwnedDescriptor? {
        guard case .file(let file)? = try place(at: path) else { return nil }
        return file.take()
    }

    /// What a path of the merged tree leads to.
    enum Place {
        case file(TreeFileHold)
        /// Those of the layers that merge there, the top first.
        case directory([TreeDirectory])
    }

    func place(at path: String) throws(SystemError) -> Place? {
        var roots: [TreeDirectory] = []
        for layer in layers {
            roots.append(TreeDirectory(try OwnedDescriptor(opening: layer, OwnedDescriptor.pathOnly | O_DIRECTORY)))
        }
        // From the root down: each with the directories of the layers that merge there, the top first.
        var stack = [roots]
        var rest = Array(path.utf8.split(separator: 0x2F).map { Array($0) }.reversed())
        var links = 0
        while let name = rest.popLast() {
            if name == [0x2E] { continue }
            if name == [0x2E, 0x2E] {
                if stack.count > 1 { stack.removeLast() }
                continue
            }
            guard let here = stack.last, let found = try Self.find(name, in: here, path) else { return nil }
            switch found.status.st_mode & S_IFMT {
            case S_IFLNK:
                links += 1
                guard links <= 40 else { return nil }
                let target = try Self.target(found.name, in: here[found.place].descriptor.number, path)
                if target.first == 0x2F { stack = [roots] }
                rest += target.split(separator: 0x2F).map { Array($0) }.reversed()
            case S_IFDIR: stack.append(try Self.merged(found.name, here, from: found.place, path))
            case S_IFREG where rest.isEmpty:
                return try Self.opened(found.name, in: here[found.place].descriptor.number, path)
            default: return nil
            }
        }
        return stack.last.map { .directory($0) }
    }

    private struct Found {
        var name: [CChar]
        var status: stat
        /// Of the directory it is in, among those that merge.
        var place: Int
    }

    private static func find(
        _ name: [UInt8], in directories: [TreeDirectory], _ path: String
    ) throws(SystemError) -> Found? {
        let terminated = FileName.terminated(name)
        for (place, directory) in directories.enumerated() {
            var status = stat()
            guard fstatat(directory.descriptor.number, terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                guard errno == ENOENT || errno == ENAMETOOLONG else { throw SystemError("fstatat", path) }
                continue
            }
            if try isRemoval(status, terminated, directory, path) { return nil }
            return Found(name: terminated, status: status, place: place)
        }
        return nil
    }

    private static func isRemoval(
        _ status: stat, _ name: [CChar], _ directory: TreeDirectory, _ path: String
    ) throws(SystemError) -> Bool {
        if status.isWhiteout { return true }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size == 0 else { return false }
        return try OverlayAttribute(directory.descriptor.number, name, path).isWhiteout
    }

    /// The directories that a name merges, from the layer it was found in down to one that hides those below it.
    private static func merged(
        _ name: [CChar], _ directories: [TreeDirectory], from first: Int, _ path: String
    ) throws(SystemError) -> [TreeDirectory] {
        var result: [TreeDirectory] = []
        for directory in directories[first...] {
            var status = stat()
            guard fstatat(directory.descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            guard status.isDirectory else { break }
            let isOpaque = try OverlayAttribute(directory.descriptor.number, name, path).isOpaque
            let flags = OwnedDescriptor.pathOnly | O_DIRECTORY | O_NOFOLLOW
            let number = try retryingOnInterrupt("openat", path) {
                isolab_open_at(directory.descriptor.number, name, flags, 0)
            }
            result.append(TreeDirectory(OwnedDescriptor(owning: number)))
            if isOpaque { break }
        }
        return result
    }

    private static func target(_ name: [CChar], in directory: Int32, _ path: String) throws(SystemError) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try retryingOnInterrupt("readlinkat", path) { readlinkat(directory, name, &buffer, buffer.count) }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }

    private static func opened(_ name: [CChar], in directory: Int32, _ path: String) throws(SystemError) -> Place? {
        let number = try retryingOnInterrupt("openat", path) {
            isolab_open_at(directory, name, OwnedDescriptor.pathOnly | O_NOFOLLOW, 0)
        }
        guard let file = try RegularFile.opened(OwnedDescriptor(owning: number), path) else { return nil }
        return .file(TreeFileHold(file))
    }
}

/// An open file that is handed on once.
final class TreeFileHold {
    private var number: Int32

    fileprivate init(_ file: consuming OwnedDescriptor) { number = file.release() }

    func take() -> OwnedDescriptor? {
        guard number >= 0 else { return nil }
        defer { number = -1 }
        return OwnedDescriptor(owning: number)
    }

    deinit { if number >= 0 { close(number) } }
}

final class TreeDirectory {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}

/// A file that somebody else chose the kind of.
package enum RegularFile {
    /// Opens for reading what a descriptor names (`O_PATH`), where it is a regular file: looked at first, so that no device is
    /// opened and no FIFO waited for, and then that very one, whatever has its name by now.
    ///
    /// - Returns: nil for anything else.
    package static func opened(_ named: borrowing OwnedDescriptor, _ path: String) throws(SystemError)
        -> OwnedDescriptor?
    {
        var status = stat()
        guard fstat(named.number, &status) == 0 else { throw SystemError("fstat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        return try OwnedDescriptor(opening: "/proc/self/fd/\(named.number)", O_RDONLY | O_NOCTTY)
    }

    /// The whole content of an open file.
    package static func content(
        of file: borrowing OwnedDescriptor, _ path: String, limit: Int
    ) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let number = file.number
            let count = try retryingOnInterrupt("read", path) { read(number, &chunk, chunk.count) }
            if count == 0 { return content }
            guard content.count + count <= limit else {
                throw SystemError("read", path, errno: EFBIG, advice: "more than \(limit) bytes are not read")
            }
            content += chunk.prefix(count)
        }
    }
}
