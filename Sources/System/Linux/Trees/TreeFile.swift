import CLinux
import Glibc

/// A file of a tree that strangers made, named and looked at before it is opened: opening a device or a pipe may do or wait for
/// anything, so only regular files are. Links are resolved below the tree's root, whatever they say (`openat2(2)`, RESOLVE_IN_ROOT).
package struct TreeFile: ~Copyable {
    /// `O_PATH`: it names the file, and keeps it the same one.
    private let place: OwnedDescriptor
    private let path: String
    private let mode: UInt32
    private let device: UInt64
    package let size: Int64
    /// Bytes that it takes on disk; of a file with holes fewer than its size.
    package let stored: Int64

    /// - Parameters:
    ///   - root: an open directory, borrowed.
    ///   - crossesMounts: whether what is mounted in the tree belongs to it, as in one that the user named on this host.
    package init(_ path: String, in root: Int32, crossesMounts: Bool = false) throws(SystemError) {
        let number =
            crossesMounts
            ? isolab_open_in_root_across_mounts(root, path, OwnedDescriptor.pathOnly, 0)
            : isolab_open_in_root(root, path, OwnedDescriptor.pathOnly, 0)
        guard number >= 0 else { throw SystemError("openat2", path) }
        let place = OwnedDescriptor(owning: number)
        var status = stat()
        guard fstat(place.number, &status) == 0 else { throw SystemError("fstat", path) }
        self.place = place
        self.path = path
        mode = UInt32(status.st_mode)
        device = UInt64(status.st_rdev)
        size = Int64(status.st_size)
        stored = (Int64(status.st_blocks) *| 512)
    }

    package var isRegular: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }
    package var isDirectory: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFDIR) }
    /// What overlayfs puts in the place of what is removed: a device 0/0.
    package var isWhiteout: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFCHR) && device == 0 }

    /// Opens a regular file for reading: the very one that was looked at, however the tree was changed since.
    package func opened() throws(SystemError) -> OwnedDescriptor {
        guard isRegular else { throw SystemError("open", path, errno: EINVAL, advice: "it is not a regular file") }
        return try OwnedDescriptor(opening: "/proc/self/fd/\(place.number)", O_RDONLY | O_NONBLOCK)
    }

    /// The content of a regular file.
    ///
    /// - Parameter limit: greater files are refused, in bytes.
    package func bytes(limit: Int) throws(SystemError) -> [UInt8] {
        guard isRegular else { throw SystemError("open", path, errno: EINVAL, advice: "it is not a regular file") }
        guard size <= Int64(limit) else {
            throw SystemError("read", path, errno: EFBIG, advice: "more than \(limit) bytes are not read")
        }
        let file = try opened()
        var content: [UInt8] = []
        content.reserveCapacity(Int(size))
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = try retryingOnInterrupt("read", path) { read(file.number, &chunk, chunk.count) }
            if count == 0 { return content }
            content += chunk.prefix(count)
            guard content.count <= limit else {
                throw SystemError("read", path, errno: EFBIG, advice: "it grew beyond \(limit) bytes")
            }
        }
    }
}
