import Containerfiles
import Glibc
import Linux
import OCI

/// What a COPY copies as one digest: names, kinds, permissions, owners, content, and the attributes that belong to it; not the
/// times, which a fresh checkout changes.
struct ContentDigest {
    private var hasher = ContentHasher()

    /// - Parameter keepsOwners: whether the files' own owners are copied.
    static func digest(
        of items: [CopyItem], in tree: FileTree, keepsOwners: Bool
    ) throws(SystemError) -> Digest {
        var digest = ContentDigest()
        for item in items {
            digest.add(item.isDirectory ? [] : item.name)
            for entry in item.entries { try digest.add(entry, tree, keepsOwners) }
        }
        return digest.hasher.finish()
    }

    private mutating func add(_ entry: CopyEntry, _ tree: FileTree, _ keepsOwners: Bool) throws(SystemError) {
        add(entry.path)
        let kind: [UInt8] =
            switch entry.kind {
            case .directory: Array("directory".utf8)
            case .file: Array("file \(entry.size)".utf8)
            case .link(let target): Array("link ".utf8) + target
            case .device(let number, let isBlock): Array("device \(number) \(isBlock)".utf8)
            case .pipe: Array("pipe".utf8)
            }
        add(kind)
        add(Array("\(entry.mode)".utf8))
        if keepsOwners { add(Array("\(entry.uid):\(entry.gid)".utf8)) }
        guard entry.kind == .file else { return }
        guard let file = try tree.open(entry.source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
            throw SystemError(
                "open", shown(entry.source), errno: ENOENT, advice: "it was removed while it was being read")
        }
        _ = try hasher.update(descriptor: file.number, shown(entry.source))
        let attributes = try FileContent.attributes(of: file.number)
        add(Array("attributes \(attributes.count)".utf8))
        for (name, value) in attributes {
            add(Array(name.utf8))
            add(value)
        }
    }

    private mutating func add(_ bytes: [UInt8]) {
        let whole = Array("\(bytes.count):".utf8) + bytes
        whole.withUnsafeBytes { hasher.update($0) }
    }
}
