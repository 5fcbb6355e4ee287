import Content
import Glibc
import Linux
package import OCI

/// What the store takes on disk, and whose it is.
package struct DiskUse: Equatable, Sendable {
    package struct Image: Equatable, Sendable {
        package var id: Digest
        package var names: [ImageReference]
        /// Bytes of blobs and unpacked layers that no other image has.
        package var own: Int64
        /// Bytes that others have, too.
        package var shared: Int64
        /// The containers made from it.
        package var containers: [String]
    }

    package struct Container: Equatable, Sendable {
        package var id: String
        /// The manifest it was made from.
        package var image: Digest
        /// Bytes of what it wrote.
        package var own: Int64
        /// Bytes of the layers below, which others of the same image share.
        package var shared: Int64

        package init(id: String, image: Digest, own: Int64, shared: Int64) {
            self.id = id
            self.image = image
            self.own = own
            self.shared = shared
        }
    }

    package var images: [Image] = []
    package var containers: [Container] = []
    /// Bytes of all blobs.
    package var blobs: Int64 = 0
    /// Bytes of all unpacked layers, by the sizes of their archives.
    package var layers: Int64 = 0
    /// Images packed for guests: made again when they are gone.
    package var guestRoots = Kept()
    /// What builds keep for their `RUN --mount=type=cache`.
    package var buildCaches = Kept()
    /// What downloads that were broken off left, for being resumed, and builds that were killed.
    package var unfinished = Kept()

    /// Files or directories that nothing but speed depends on.
    package struct Kept: Equatable, Sendable {
        package var count = 0
        /// Bytes on disk.
        package var size: Int64 = 0
    }

    /// Bytes that are freed once every image that no container was made from is removed: those of blobs and layers that no used
    /// image has. What several unused ones share counts once.
    package var reclaimable: Int64 = 0
}

extension ImageStore {
    /// Counts what everything takes.
    package func diskUse() throws(ImageError) -> DiskUse {
        var use = DiskUse()
        for digest in try reading({ () throws(ContentError) in try content.digests() }) {
            use.blobs +|= content.size(of: digest) ?? 0
        }
        let unpacked = try layerSizes()
        use.layers = unpacked.values.reduce(0, +|)
        let index = try index()
        var roots: [(id: Digest, entries: [Descriptor], roots: ImageRoots)] = []
        var users: [String: Int] = [:]
        for entry in index.manifests where !roots.contains(where: { $0.entries.contains { $0.digest == entry.digest } })
        {
            // One identifier is one image, however many manifests name it.
            let id = identifier(of: entry)
            let place = roots.firstIndex { $0.id == id } ?? roots.endIndex
            if place == roots.endIndex { roots.append((id, [], ImageRoots())) }
            roots[place].entries.append(entry)
            // Damaged ones are counted as far as they can be read.
            if let graph = try? graph(of: entry) { roots[place].roots.insert(graph) }
        }
        for (_, _, own) in roots {
            for digest in own.digests { users[digest.description, default: 0] += 1 }
            for layer in own.layers { users[layer, default: 0] += 1 }
        }
        var kept: Set<String> = []
        var freed: [String: Int64] = [:]
        for (id, entries, roots) in roots {
            let digests = Set(entries.map(\.digest))
            var containers: Set<String> = []
            for entry in entries { containers.formUnion(try self.containers(of: entry)) }
            var image = DiskUse.Image(
                id: id, names: index.manifests.filter { digests.contains($0.digest) }.compactMap(\.imageName), own: 0,
                shared: 0, containers: containers.sorted())
            let sizes =
                roots.digests.map { ($0.description, content.size(of: $0) ?? 0) }
                + roots.layers.map { ($0, unpacked[$0] ?? 0) }
            for (name, size) in sizes {
                if users[name, default: 0] > 1 { image.shared +|= size } else { image.own +|= size }
                if containers.isEmpty { freed[name] = size } else { kept.insert(name) }
            }
            use.images.append(image)
        }
        use.reclaimable = freed.reduce(0) { kept.contains($1.key) ? $0 : $0 +| $1.value }
        use.containers = try containerUse(unpacked)
        (use.guestRoots, use.buildCaches, use.unfinished) = try self.kept()
        return use
    }

    /// Counts what each container takes, and nothing besides.
    package func containerUse() throws(ImageError) -> [DiskUse.Container] { try containerUse(try layerSizes()) }

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

    /// Bytes that a container wrote: of its files' content, as docker and podman count them, whatever blocks they take.
    package func size(of snapshot: Snapshot) -> Int64 { TreeSize.bytes(below: snapshot.upper, counting: .content) }
}

/// What a tree takes; files with several names count once. What vanishes meanwhile does not count.
package enum TreeSize {
    /// What of a file counts.
    package enum Measure {
        /// The blocks it takes on disk, of directories as well.
        case blocks
        /// What is in it; nothing of a directory, a device or a removal.
        case content

        func bytes(_ status: stat) -> Int64 {
            switch self {
            case .blocks: Int64(status.st_blocks) *| 512
            case .content: [S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) ? Int64(status.st_size) : 0
            }
        }
    }

    /// More directories below each other are not counted: each takes a descriptor.
    private static let greatestDepth = 256

    /// Of a file, or of all below a directory.
    static func bytes(of path: String) -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int64(status.st_blocks) *| 512 }
        return bytes(below: path)
    }

    package static func bytes(below path: String, counting measure: Measure = .blocks) -> Int64 {
        var links: Set<UInt64> = []
        return bytes([CChar](path.utf8CString), in: AT_FDCWD, measure, &links, depth: 0)
    }

    private static func bytes(
        _ name: [CChar], in parent: Int32, _ measure: Measure, _ links: inout Set<UInt64>, depth: Int
    ) -> Int64 {
        let number = EntryCalls.open(name, in: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard number >= 0 else { return 0 }
        let directory = OwnedDescriptor(owning: number)
        var total: Int64 = 0
        for name in (try? DirectoryEntries.names(in: directory.number, "a directory to measure")) ?? [] {
            let name = FileName.terminated(name)
            var status = stat()
            guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                total +|= measure.bytes(status)
                if depth < greatestDepth {
                    total +|= bytes(name, in: directory.number, measure, &links, depth: depth + 1)
                }
            } else if status.st_nlink == 1 || links.insert(UInt64(status.st_ino)).inserted {
                total +|= measure.bytes(status)
            }
        }
        return total
    }
}
