private import Glibc
public import Linux
internal import OCI

/// The root file system of a guest: the same tree as the container lane's, as one uncompressed cpio archive.
///
/// Uncompressed because the guest would pay for it: 3.5 ms a MB raw, 16 as gzip, 70 as xz under TCG.
public struct Initramfs: Equatable, Sendable {
    /// The archive.
    public let path: String
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    public let digest: String
    public let bytes: Int

    /// Makes the archive of a root file system, or finds it in the cache.
    ///
    /// - Parameters:
    ///   - layers: directories, the lowest first, as overlayfs stacks them: a higher name hides a lower one, and a character
    ///     device 0/0 removes it.
    ///   - cache: where the archive is kept, named by its digest.
    public static func make(layers: [String], cache: Cache) throws(SystemError) -> Initramfs {
        let archive = try bytes(layers: layers)
        let digest = String(Digest(sha256Of: archive).hexadecimal)
        let directory = cache.path("initramfs")
        let path = "\(directory)/\(digest).cpio"
        var information = stat()
        if stat(path, &information) != 0 || Int(information.st_size) != archive.count {
            try TextFile.makeDirectory(directory)
            try TextFile.replace(path, with: archive)
        }
        return Initramfs(path: path, digest: digest, bytes: archive.count)
    }

    /// The archive's bytes: directories before what they hold, names sorted by bytes, times 0.
    ///
    /// `/dev/console` and `/dev/null` are added where the tree lacks them: without the former an init has no descriptors.
    public static func bytes(layers: [String]) throws(SystemError) -> [UInt8] {
        var tree: [String: (path: String, information: stat)] = [:]
        for layer in layers { try collect(layer, "", into: &tree) }

        var archive = CpioArchive()
        var names = tree.keys.map { Array($0.utf8) }
        let extra = Self.needed.filter { tree[$0.name] == nil }
        names += extra.map { Array($0.name.utf8) }
        names.sort { $0.lexicographicallyPrecedes($1) }

        var linked: [FileIdentity: UInt32] = [:]
        for name in names.map({ String(decoding: $0, as: UTF8.self) }) {
            if let node = extra.first(where: { $0.name == name })?.node {
                archive.append(name, node)
                continue
            }
            guard let (path, information) = tree[name] else { continue }
            var node = CpioArchive.Node(
                mode: information.st_mode, user: information.st_uid, group: information.st_gid)
            switch information.st_mode & S_IFMT {
            case S_IFREG:
                // The content travels with the last name in the format's tradition; Linux takes it from any: the first here.
                let identity = FileIdentity(device: information.st_dev, inode: information.st_ino)
                node.links = UInt32(clamping: information.st_nlink)
                if information.st_nlink > 1, let first = linked[identity] {
                    archive.append(name, node, inode: first)
                } else {
                    linked[identity] = archive.append(name, node, content: try TextFile.bytes(path))
                }
            case S_IFLNK:
                archive.append(name, node, content: try target(of: path))
            case S_IFDIR:
                node.links = 2
                archive.append(name, node)
            case S_IFCHR, S_IFBLK:
                node.deviceMajor = Self.major(information.st_rdev)
                node.deviceMinor = Self.minor(information.st_rdev)
                archive.append(name, node)
            default:
                archive.append(name, node)
            }
        }
        archive.finish()
        return archive.bytes
    }

    /// What an init expects to find.
    private static let needed: [(name: String, node: CpioArchive.Node)] = [
        (name: "dev", node: CpioArchive.Node(mode: S_IFDIR | 0o755, links: 2)),
        (name: "dev/console", node: CpioArchive.Node(mode: S_IFCHR | 0o600, deviceMajor: 5, deviceMinor: 1)),
        (name: "dev/null", node: CpioArchive.Node(mode: S_IFCHR | 0o666, deviceMajor: 1, deviceMinor: 3)),
    ]

    private struct FileIdentity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    /// Adds what a layer's directory holds, by names relative to the root.
    private static func collect(
        _ layer: String, _ prefix: String, into tree: inout [String: (path: String, information: stat)]
    ) throws(SystemError) {
        let directory = prefix.isEmpty ? layer : "\(layer)/\(prefix)"
        guard access(directory, R_OK | X_OK) == 0 else { throw SystemError("opendir", directory) }
        for name in FileTree.names(in: directory) {
            let relative = prefix.isEmpty ? name : "\(prefix)/\(name)"
            let path = "\(layer)/\(relative)"
            var information = stat()
            guard lstat(path, &information) == 0 else { throw SystemError("lstat", path) }
            let kind = information.st_mode & S_IFMT
            let hidden = tree[relative].map { $0.information.st_mode & S_IFMT }
            // Only a directory over a directory merges; anything else replaces what lies below it, whole.
            if let hidden, !(hidden == S_IFDIR && kind == S_IFDIR) {
                let below = relative + "/"
                for key in tree.keys where key.hasPrefix(below) { tree[key] = nil }
                tree[relative] = nil
            }
            if kind == S_IFCHR && information.st_rdev == 0 { continue }
            tree[relative] = (path, information)
            if kind == S_IFDIR { try collect(layer, relative, into: &tree) }
        }
    }

    /// Linux's 64-bit device numbers (`makedev(3)`), which are macros in C.
    private static func major(_ device: dev_t) -> UInt32 {
        UInt32(truncatingIfNeeded: (device >> 8 & 0xfff) | (device >> 32 & ~0xfff))
    }

    private static func minor(_ device: dev_t) -> UInt32 {
        UInt32(truncatingIfNeeded: (device & 0xff) | (device >> 12 & ~0xff))
    }

    private static func target(of link: String) throws(SystemError) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try retryingOnInterrupt("readlink", link) { readlink(link, &buffer, buffer.count) }
        return buffer[0..<count].map { UInt8(bitPattern: $0) }
    }
}
