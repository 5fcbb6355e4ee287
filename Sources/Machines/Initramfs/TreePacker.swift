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

    /// Appends the whole tree.
    mutating func append(_ tree: LayeredTree, to archive: inout CpioArchive, _ sink: Sink) throws(SystemError) {
        var packer = self
        var written = archive
        try tree.visit { entry throws(SystemError) in
            try packer.append(entry, to: &written, sink)
            if written.bytes.count >= Self.piece { try sink(written.take()) }
        }
        self = packer
        archive = written
    }

    private mutating func append(
        _ entry: LayeredTree.Entry, to archive: inout CpioArchive, _ sink: Sink
    ) throws(SystemError) {
        let information = entry.information
        let name = prefix + entry.name
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
            let target = try Self.target(of: entry.path)
            archive.begin(name, node, size: UInt32(target.count))
            archive.add(target)
            archive.pad()
        case S_IFDIR:
            node.links = 2
            archive.begin(name, node, size: 0)
        case S_IFCHR, S_IFBLK:
            node.deviceMajor = Self.major(information.st_rdev)
            node.deviceMinor = Self.minor(information.st_rdev)
            archive.begin(name, node, size: 0)
        case S_IFSOCK:
            break  // whoever listened on it is not in the tree
        default:
            archive.begin(name, node, size: 0)
        }
    }

    private func append(
        file entry: LayeredTree.Entry, _ name: [UInt8], _ node: CpioArchive.Node, to archive: inout CpioArchive,
        _ sink: Sink
    ) throws(SystemError) -> UInt32 {
        let path = LayeredTree.text(entry.path)
        guard let size = UInt32(exactly: entry.information.st_size) else {
            throw SystemError(
                "pack", path, errno: EFBIG, advice: "a file of an initramfs is smaller than 4 GiB: pack a disk image")
        }
        let number = archive.begin(name, node, size: size)
        guard size > 0 else { return number }
        let descriptor = LayeredTree.call(entry.path) { Glibc.open($0, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0 else { throw SystemError("open", path) }
        let file = OwnedDescriptor(owning: descriptor)
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

    /// Linux's 64-bit device numbers (`makedev(3)`), which are macros in C.
    private static func major(_ device: dev_t) -> UInt32 {
        UInt32(truncatingIfNeeded: (device >> 8 & 0xfff) | (device >> 32 & ~0xfff))
    }

    private static func minor(_ device: dev_t) -> UInt32 {
        UInt32(truncatingIfNeeded: (device & 0xff) | (device >> 12 & ~0xff))
    }

    private static func target(of link: [UInt8]) throws(SystemError) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = LayeredTree.call(link) { readlink($0, &buffer, buffer.count) }
        guard count >= 0 else { throw SystemError("readlink", LayeredTree.text(link)) }
        return buffer[0..<count].map { UInt8(bitPattern: $0) }
    }
}
