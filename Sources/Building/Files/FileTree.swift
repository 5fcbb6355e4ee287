import CLinux
import Glibc
import Linux

/// A directory tree that is read by descriptors: every path is resolved below its root, links included.
final class FileTree {
    /// For messages.
    let name: String
    let root: OwnedDescriptor

    init(_ name: String, opening path: String) throws(SystemError) {
        self.name = name
        root = try OwnedDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
    }

    /// Opens what a path leads to; nil where there is nothing, or a link leads nowhere.
    func open(_ path: [UInt8], _ flags: Int32) throws(SystemError) -> OwnedDescriptor? {
        let number = isolab_open_in_root(root.number, path.isEmpty ? [0x2E, 0] : FileName.terminated(path), flags, 0)
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
