import Glibc
import Linux

/// A directory tree that is read by descriptors: every path is resolved below its root, links included.
final class FileTree {
    /// For messages.
    let name: String
    let root: OwnedDescriptor
    /// Whether what is mounted in it belongs to it: in a directory that the user named, and in no image's tree.
    private let crossesMounts: Bool

    init(_ name: String, opening path: String, crossesMounts: Bool = false) throws(SystemError) {
        self.name = name
        self.crossesMounts = crossesMounts
        root = try OwnedDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
    }

    /// Opens what a path leads to; nil where there is nothing, or a link leads nowhere.
    func open(_ path: [UInt8], _ flags: Int32) throws(SystemError) -> OwnedDescriptor? {
        let name = path.isEmpty ? [0x2E, 0] : FileName.terminated(path)
        let number = EntryCalls.open(name, inRoot: root.number, crossesMounts: crossesMounts, flags)
        if number >= 0 { return OwnedDescriptor(owning: number) }
        switch errno {
        case ENOENT, ENOTDIR, ELOOP: return nil
        default: throw SystemError("openat2", "\(shown(path)) in \(name)")
        }
    }

    /// Where an open file of the tree is, below the root, links resolved; nil where it has moved out of it.
    func place(of descriptor: Int32) throws(SystemError) -> [UInt8]? {
        let own = try Procfs.readLink("/proc/self/fd/\(root.number)")
        let other = try Procfs.readLink("/proc/self/fd/\(descriptor)")
        if other == own { return [] }
        let prefix = own == "/" ? "/" : own + "/"
        return other.hasPrefix(prefix) ? Array(other.utf8.dropFirst(prefix.utf8.count)) : nil
    }
}

/// A path for messages.
func shown(_ path: some Sequence<UInt8>) -> String { "/" + String(decoding: Array(path), as: UTF8.self) }
