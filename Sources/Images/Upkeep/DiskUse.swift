import CLinux
import Content
import Glibc
import Linux
public import OCI

/// What the store takes on disk, and whose it is.
public struct DiskUse: Equatable, Sendable {
    public struct Image: Equatable, Sendable {
        public var id: Digest
        public var names: [ImageReference]
        /// Bytes of blobs and unpacked layers that no other image has.
        public var own: Int64
        /// Bytes that others have, too.
        public var shared: Int64
        /// The containers made from it.
        public var containers: [String]
    }

    public struct Container: Equatable, Sendable {
        public var id: String
        /// The manifest it was made from.
        public var image: Digest
        /// Bytes of what it wrote.
        public var own: Int64
        /// Bytes of the layers below, which others of the same image share.
        public var shared: Int64

        public init(id: String, image: Digest, own: Int64, shared: Int64) {
            self.id = id
            self.image = image
            self.own = own
            self.shared = shared
        }
    }

    public var images: [Image] = []
    public var containers: [Container] = []
    /// Bytes of all blobs.
    public var blobs: Int64 = 0
    /// Bytes of all unpacked layers, by the sizes of their archives.
    public var layers: Int64 = 0
    /// Images packed for guests: made again when they are gone.
    public var guestRoots = Kept()
    /// What builds keep for their `RUN --mount=type=cache`.
    public var buildCaches = Kept()
    /// What downloads that were broken off left, for being resumed, and builds that were killed.
    public var unfinished = Kept()

    /// Files or directories that nothing but speed depends on.
    public struct Kept: Equatable, Sendable {
        public var count = 0
        /// Bytes on disk.
        public var size: Int64 = 0
    }

    /// Bytes of images that no container was made from, and that no used image has, too.
    public var reclaimable: Int64 { images.filter(\.containers.isEmpty).reduce(0) { $0 +| $1.own } }
}

extension ImageStore {
    /// Counts what everything takes.
    public func diskUse() throws(ImageError) -> DiskUse {
        var use = DiskUse()
        for digest in try reading({ () throws(ContentError) in try content.digests() }) {
            use.blobs +|= content.size(of: digest) ?? 0
        }
        let unpacked = try layerSizes()
        use.layers = unpacked.values.reduce(0, +|)
        let index = try index()
        var roots: [(entry: Descriptor, roots: ImageRoots)] = []
        var users: [String: Int] = [:]
        for entry in index.manifests where !roots.contains(where: { $0.entry.digest == entry.digest }) {
            var own = ImageRoots()
            // Damaged ones are counted as far as they can be read.
            if let graph = try? graph(of: entry) { own.insert(graph) }
            for digest in own.digests { users[digest.description, default: 0] += 1 }
            for layer in own.layers { users[layer, default: 0] += 1 }
            roots.append((entry, own))
        }
        for (entry, roots) in roots {
            var image = DiskUse.Image(
                id: try identities(of: entry).first ?? entry.digest,
                names: index.manifests.filter { $0.digest == entry.digest }.compactMap(\.imageName), own: 0, shared: 0,
                containers: try containers(of: entry))
            let sizes =
                roots.digests.map { ($0.description, content.size(of: $0) ?? 0) }
                + roots.layers.map { ($0, unpacked[$0] ?? 0) }
            for (name, size) in sizes {
                if users[name, default: 0] > 1 { image.shared +|= size } else { image.own +|= size }
            }
            use.images.append(image)
        }
        use.containers = try containerUse(unpacked)
        (use.guestRoots, use.buildCaches, use.unfinished) = try kept()
        return use
    }

    /// Counts what each container takes, and nothing besides.
    public func containerUse() throws(ImageError) -> [DiskUse.Container] { try containerUse(try layerSizes()) }

    private func containerUse(_ layers: [String: Int64]) throws(ImageError) -> [DiskUse.Container] {
        var result: [DiskUse.Container] = []
        for id in try snapshots() {
            guard let snapshot = try snapshot(id) else { continue }
            result.append(
                DiskUse.Container(
                    id: id, image: snapshot.image.digest, own: size(of: snapshot),
                    shared: snapshot.stack.diffIDs.reduce(0) { $0 +| (layers[String($1.hexadecimal)] ?? 0) }))
        }
        return result
    }

    /// The unpacked layers' sizes, by the hexadecimal of their diffIDs; of those whose record can be read.
    private func layerSizes() throws(ImageError) -> [String: Int64] {
        var sizes: [String: Int64] = [:]
        for name in try unpackedLayers() {
            guard let bytes = try? SystemFile.bytes(of: "\(root)/layers/\(name)/layer.json"),
                let record = try? JSONDocument.read(LayerRecord.self, from: bytes, document: "layer.json")
            else { continue }
            sizes[name] = record.size
        }
        return sizes
    }

    /// Bytes that a container wrote.
    public func size(of snapshot: Snapshot) -> Int64 { TreeSize.bytes(below: snapshot.upper) }
}

/// What a tree takes on disk; files with several names count once. What vanishes meanwhile does not count.
enum TreeSize {
    /// More directories below each other are not counted: each takes a descriptor.
    private static let greatestDepth = 256

    /// Of a file, or of all below a directory.
    static func bytes(of path: String) -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int64(status.st_blocks) *| 512 }
        return bytes(below: path)
    }

    static func bytes(below path: String) -> Int64 {
        var links: Set<UInt64> = []
        return bytes([CChar](path.utf8CString), in: AT_FDCWD, &links, depth: 0)
    }

    private static func bytes(_ name: [CChar], in parent: Int32, _ links: inout Set<UInt64>, depth: Int) -> Int64 {
        let number = isolab_open_at(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
        guard number >= 0 else { return 0 }
        let directory = OwnedDescriptor(owning: number)
        var total: Int64 = 0
        for name in (try? DirectoryEntries.names(in: directory.number, "a directory to measure")) ?? [] {
            let name = FileName.terminated(name)
            var status = stat()
            guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                total +|= Int64(status.st_blocks) *| 512
                if depth < greatestDepth { total +|= bytes(name, in: directory.number, &links, depth: depth + 1) }
            } else if status.st_nlink == 1 || links.insert(UInt64(status.st_ino)).inserted {
                total +|= Int64(status.st_blocks) *| 512
            }
        }
        return total
    }
}
