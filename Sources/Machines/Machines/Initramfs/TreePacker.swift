internal import Glibc
internal import Linux

/// Puts a tree into a cpio archive, file by file: however large the tree, what is in memory is one piece of one file.
struct TreePacker {
    /// Takes the bytes as they come.
    typealias Sink = ([UInt8]) throws(SystemError) -> Void

    /// What is written before each name: `image/`.
    var prefix: [UInt8] = []
    /// Programs tell by times whether their caches are fresh; without, the same tree gives the same bytes whenever made.
    var keepsTimes = false

    /// Files that hard links share, by device and inode, with their number in the archive.
    private var linked: [FileIdentity: UInt32] = [:]

    private struct FileIdentity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    /// As much as is held back before it is handed on.
    private static let piece = 1 << 20

    init(prefix: String = "", keepsTimes: Bool = false) {
        self.prefix = Array(prefix.utf8)
        self.keepsTimes = keepsTimes
    }

    /// Appends the whole tree: its root as the prefix's directory, where there is one.
    mutating func append(_ tree: MergedTree, to archive: inout CpioArchive, _ sink: Sink) throws(SystemError) {
        var packer = self
        var written = archive
        try tree.visit { node throws(SystemError) in
            if node.path.isEmpty, packer.prefix.isEmpty { return }
            try packer.append(node, to: &written, sink)
            if written.bytes.count >= Self.piece { try sink(written.take()) }
        }
        self = packer
        archive = written
    }

    private mutating func append(
        _ entry: MergedTree.Node, to archive: inout CpioArchive, _ sink: Sink
    ) throws(SystemError) {
        let information = entry.status
        let name = entry.path.isEmpty ? prefix.dropLast() : prefix + entry.path
        var node = CpioArchive.Node(
            mode: information.st_mode, user: information.st_uid, group: information.st_gid,
            time: keepsTimes ? UInt32(clamping: information.st_mtim.tv_sec) : 0)
        switch information.st_mode & S_IFMT {
        case S_IFREG:
            // The content travels with the last name in the format's tradition; Linux takes it from any: the first here.
            let identity = FileIdentity(device: information.st_dev, inode: information.st_ino)
            node.links = UInt32(clamping: information.st_nlink)
            if information.st_nlink > 1, let first = linked[identity] {
                archive.begin(name, node, size: 0, inode: first)
            } else {
                let number = try append(file: entry, name, node, to: &archive, sink)
                if information.st_nlink > 1 { linked[identity] = number }
            }
        case S_IFLNK:
            let target = try entry.target()
            archive.begin(name, node, size: UInt32(target.count))
            archive.add(target)
            archive.pad()
        case S_IFDIR:
            node.links = 2
            archive.begin(name, node, size: 0)
        case S_IFCHR, S_IFBLK:
            node.deviceMajor = DeviceNumber.major(UInt64(information.st_rdev))
            node.deviceMinor = DeviceNumber.minor(UInt64(information.st_rdev))
            archive.begin(name, node, size: 0)
        case S_IFSOCK:
            break  // whoever listened on it is not in the tree
        default:
            archive.begin(name, node, size: 0)
        }
    }

    private func append(
        file entry: MergedTree.Node, _ name: [UInt8], _ node: CpioArchive.Node, to archive: inout CpioArchive,
        _ sink: Sink
    ) throws(SystemError) -> UInt32 {
        let path = entry.shown
        guard let size = UInt32(exactly: entry.status.st_size) else {
            throw SystemError(
                "pack", path, errno: EFBIG, advice: "a file of an initramfs is smaller than 4 GiB: pack a disk image")
        }
        let number = archive.begin(name, node, size: size)
        guard size > 0 else { return number }
        let file = try entry.open()
        var rest = Int(size)
        var piece = [UInt8](repeating: 0, count: min(rest, Self.piece))
        while rest > 0 {
            let wanted = min(rest, piece.count)
            let count = try retryingOnInterrupt("read", path) { Glibc.read(file.number, &piece, wanted) }
            guard count > 0 else {
                throw SystemError("read", path, errno: EIO, advice: "it became shorter while it was packed")
            }
            archive.add(piece[0..<count])
            rest -= count
            if archive.bytes.count >= Self.piece { try sink(archive.take()) }
        }
        archive.pad()
        return number
    }
}
