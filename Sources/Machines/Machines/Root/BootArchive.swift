internal import Glibc
internal import Linux
internal import OCI

/// The initramfs of a guest that runs a command: `isolab-init`, the kernel's modules, and the image's files below `image/`
/// unless those lie on a disk.
struct BootArchive {
    /// `isolab-init`, whole.
    let program: [UInt8]
    /// Each after what it needs.
    let modules: [(name: String, content: [UInt8])]

    /// SHA-256 of what of it is not the image's, 64 hexadecimal digits.
    var digest: Substring {
        Digest(sha256Of: program + modules.flatMap { $0.name.utf8 + [0] + $0.content }).hexadecimal
    }

    static let programPath = "/isolab-init"

    /// Writes the archive.
    ///
    /// - Parameter tree: the image's files; nil where they lie on a disk.
    func write(_ tree: MergedTree?, to descriptor: Int32, path: String) throws(SystemError) {
        var archive = CpioArchive()
        let directory = CpioArchive.Node(mode: S_IFDIR | 0o755, links: 2)
        archive.append(
            String(Self.programPath.dropFirst()), CpioArchive.Node(mode: S_IFREG | 0o755), content: program)
        archive.append("modules", directory)
        for (index, module) in modules.enumerated() {
            let name = "modules/\(index / 10)\(index % 10)"
            archive.append(name, CpioArchive.Node(mode: S_IFREG | 0o600), content: module.content)
        }
        if let tree {
            if tree.layers.isEmpty { archive.append("image", directory) }
            var packer = TreePacker(prefix: "image/", keepsTimes: true)
            try packer.append(tree, to: &archive) { bytes throws(SystemError) in
                try SystemFile.write(bytes, to: descriptor, path)
            }
        }
        archive.finish()
        try SystemFile.write(archive.take(), to: descriptor, path)
    }
}
