private import Glibc
package import Linux
internal import OCI

/// The root file system of a guest: the same tree as the container lane's, as one uncompressed cpio archive.
///
/// Uncompressed because the guest would pay for it: 3.5 ms a MB raw, 16 as gzip, 70 as xz under TCG.
package struct Initramfs: Equatable, Sendable {
    /// The archive.
    package let path: String
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    package let digest: String
    package let bytes: Int

    /// Makes the archive of a root file system, or finds it in the cache.
    ///
    /// - Parameters:
    ///   - layers: directories, the lowest first, as overlayfs stacks them: a higher name hides a lower one, and a character
    ///     device 0/0 removes it.
    ///   - cache: where the archive is kept, named by its digest.
    package static func make(layers: [String], cache: Cache) throws(SystemError) -> Initramfs {
        let archive = try bytes(layers: layers)
        let digest = String(Digest(sha256Of: archive).hexadecimal)
        let directory = cache.path("initramfs")
        let path = "\(directory)/\(digest).cpio"
        var information = stat()
        if stat(path, &information) != 0 || Int(information.st_size) != archive.count {
            try SystemFile.makeDirectories(directory)
            try WholeFile.replace(path, with: archive)
        }
        return Initramfs(path: path, digest: digest, bytes: archive.count)
    }

    /// The archive's bytes: directories before what they hold, the names of each sorted by bytes, times 0.
    ///
    /// `/dev/console` and `/dev/null` are added where the tree lacks them: without the former an init has no descriptors.
    package static func bytes(layers: [String]) throws(SystemError) -> [UInt8] {
        var archive = CpioArchive()
        var packer = TreePacker()
        var bytes: [UInt8] = []
        var missing = Self.needed
        let tree = MergedTree(layers: layers.reversed())
        try tree.visit { node throws(SystemError) in
            missing.removeAll { Array($0.name.utf8) == node.path }
        }
        try packer.append(tree, to: &archive) { bytes += $0 }
        for (name, node) in missing { archive.append(name, node) }
        archive.finish()
        return bytes + archive.take()
    }

    /// What an init expects to find.
    private static let needed: [(name: String, node: CpioArchive.Node)] = [
        (name: "dev", node: CpioArchive.Node(mode: S_IFDIR | 0o755, links: 2)),
        (name: "dev/console", node: CpioArchive.Node(mode: S_IFCHR | 0o600, deviceMajor: 5, deviceMinor: 1)),
        (name: "dev/null", node: CpioArchive.Node(mode: S_IFCHR | 0o666, deviceMajor: 1, deviceMinor: 3)),
    ]
}
