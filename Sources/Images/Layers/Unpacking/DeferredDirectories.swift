import Glibc
import Linux

/// What directories are given at the end: their times, which every entry made in them changes, and modes that would have
/// locked out who fills them.
struct DeferredDirectories {
    private struct Directory {
        let path: LayerPath
        let inode: ino_t
        let seconds: Int64
        let nanoseconds: Int
        let mode: mode_t?
    }

    private var directories: [Directory] = []

    mutating func append(_ path: LayerPath, inode: ino_t, seconds: Int64, nanoseconds: Int, mode: mode_t?) {
        directories.append(
            Directory(path: path, inode: inode, seconds: seconds, nanoseconds: nanoseconds, mode: mode))
    }

    /// Sets them, what is deeper first; of several entries for one directory the last counts.
    func apply(in root: RootDirectory) throws(LayerError) {
        let order = directories.indices.sorted { left, right in
            let (first, second) = (directories[left].path.bytes, directories[right].path.bytes)
            return first == second ? left < right : second.lexicographicallyPrecedes(first)
        }
        for directory in order.map({ directories[$0] }) {
            let parent: Int32
            let name: [CChar]
            if directory.path.isRoot {
                parent = root.descriptor.number
                name = [0x2E, 0]
            } else {
                // A later entry may have put something else in its place.
                guard let found = root.existingParent(of: directory.path) else { continue }
                parent = found.descriptor.number
                name = FileName.terminated(directory.path.name)
            }
            var information = stat()
            guard fstatat(parent, name, &information, AT_SYMLINK_NOFOLLOW) == 0, information.isDirectory,
                information.st_ino == directory.inode
            else { continue }
            do throws(SystemError) {
                if let mode = directory.mode {
                    try retryingOnInterrupt("fchmodat", directory.path.description) { fchmodat(parent, name, mode, 0) }
                }
                try retryingOnInterrupt("utimensat", directory.path.description) {
                    EntryCalls.setModificationTime(
                        of: name, in: parent, seconds: directory.seconds, nanoseconds: directory.nanoseconds)
                }
            } catch {
                throw LayerError(error, entry: directory.path.description)
            }
        }
    }
}
