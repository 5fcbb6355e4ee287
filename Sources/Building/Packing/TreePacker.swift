import CLinux
import Containerfiles
import Content
import Glibc
import Linux
import OCI

/// Packs a directory as a layer: what overlayfs kept of a step, or a whole root. Equal trees give equal bytes.
struct TreePacker {
    /// The time everything is given; nil: its own.
    var epoch: Int64?
    /// Everything is root's, whoever owns it here: for trees an ordinary user made.
    var asRoot = false

    /// Packs a tree into the store.
    func pack(_ path: String, into session: IngestSession) throws -> (descriptor: Descriptor, diffID: Digest) {
        let tree = try FileTree(path, opening: path)
        guard let root = try tree.select([.whole], ignoring: .none).first else {
            throw SystemError("open", path, errno: ENOENT)
        }
        var output = Output(session: session)
        var first: [UInt64: [UInt8]] = [:]
        for entry in root.entries { try pack(entry, of: tree, &first, &output) }
        try output.write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
        try output.flush()
        let size = session.size
        let digest = try session.commit()
        return (Descriptor(mediaType: .layer, digest: digest, size: size), digest)
    }

    private func pack(
        _ entry: CopyEntry, of tree: FileTree, _ first: inout [UInt64: [UInt8]], _ output: inout Output
    ) throws {
        var header = TarHeader(
            name: entry.path.isEmpty ? Array(".".utf8) : entry.path, mode: entry.mode, uid: asRoot ? 0 : entry.uid,
            gid: asRoot ? 0 : entry.gid, modified: epoch ?? Int64(entry.modified.seconds), type: "0")
        switch entry.kind {
        case .directory:
            header.type = "5"
            header.name += [0x2F]
            guard let directory = try tree.open(entry.source, O_RDONLY | O_DIRECTORY) else { return }
            header.attributes = try Self.attributes(directory.number)
            try output.write(header.blocks)
            if Self.isOpaque(directory.number) { try output.write(whiteout(entry.path + Array("/.wh..wh..opq".utf8))) }
            return
        case .device(0, isBlock: false):
            // A removal, as overlayfs keeps it and as layers do (OCI image specification, layer.md, "Whiteouts").
            var parts = entry.path.split(separator: 0x2F).map(Array.init)
            parts[parts.count - 1] = Array(".wh.".utf8) + parts[parts.count - 1]
            return try output.write(whiteout(Array(parts.joined(separator: [0x2F]))))
        case .link(let target):
            header.type = "2"
            header.mode = 0o777
            header.link = target
        case .device(let number, let isBlock):
            header.type = isBlock ? "4" : "3"
            header.major = isolab_device_major(number)
            header.minor = isolab_device_minor(number)
        case .pipe: header.type = "6"
        case .file: return try packFile(entry, header, of: tree, &first, &output)
        }
        try output.write(header.blocks)
    }

    private func packFile(
        _ entry: CopyEntry, _ header: TarHeader, of tree: FileTree, _ first: inout [UInt64: [UInt8]],
        _ output: inout Output
    ) throws {
        var header = header
        if entry.names > 1 {
            if let other = first[entry.inode] {
                header.type = "1"
                header.link = other
                return try output.write(header.blocks)
            }
            first[entry.inode] = entry.path
        }
        guard let file = try tree.open(entry.source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
            throw BuildError.source(path: shown(entry.source), problem: "went while it was packed")
        }
        header.size = entry.size
        header.attributes = try Self.attributes(file.number)
        try output.write(header.blocks)
        try output.write(file.number, size: entry.size, shown(entry.source))
        try output.write(TarHeader.padding(Int(entry.size % Int64(TarHeader.blockSize))))
    }

    /// An empty file whose name says what is removed.
    private func whiteout(_ name: [UInt8]) -> [UInt8] {
        let name = name.first == 0x2F ? Array(name.dropFirst()) : name
        return TarHeader(name: name, mode: 0, uid: 0, gid: 0, modified: epoch ?? 0, type: "0").blocks
    }

    private static func isOpaque(_ directory: Int32) -> Bool {
        var value: UInt8 = 0
        return ["trusted.overlay.opaque", "user.overlay.opaque"].contains { (name: String) in
            isolab_get_attribute(directory, name, &value, 1) == 1 && value == UInt8(ascii: "y")
        }
    }

    /// What belongs to a file wherever it is: capabilities and the users' own attributes.
    private static func attributes(_ file: Int32) throws(SystemError) -> [(name: String, value: [UInt8])] {
        try FileContent.attributes(of: file)
    }

    /// Bytes on their way into the store, in pieces worth a write.
    private struct Output {
        let session: IngestSession
        private var pending: [UInt8] = []

        init(session: IngestSession) { self.session = session }

        mutating func write(_ bytes: [UInt8]) throws {
            pending += bytes
            if pending.count >= 256 << 10 { try flush() }
        }

        /// The whole content of a file, which is as long as its header says.
        mutating func write(_ file: Int32, size: Int64, _ shown: String) throws {
            var left = size
            var chunk = [UInt8](repeating: 0, count: 256 << 10)
            while left > 0 {
                let count = try retryingOnInterrupt("read", shown) {
                    read(file, &chunk, min(chunk.count, Int(clamping: left)))
                }
                guard count > 0 else {
                    throw BuildError.source(path: shown, problem: "became shorter while it was packed")
                }
                try write(Array(chunk.prefix(count)))
                left -= Int64(count)
            }
        }

        mutating func flush() throws {
            try session.write(pending)
            pending.removeAll(keepingCapacity: true)
        }
    }
}
