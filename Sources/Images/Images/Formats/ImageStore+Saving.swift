import Content
import Glibc
import Linux
package import OCI

extension ImageStore {
    /// Writes images to one archive, with the names they were called by, or all they have where they were called by an
    /// identifier.
    ///
    /// - Parameters:
    ///   - descriptor: a file, a pipe or a socket; the caller's to close.
    ///   - platform: of an image for several, which one; nil: all of them in an OCI archive where all are here, else the host's.
    package func save(
        _ images: [String], to descriptor: Int32, format: ArchiveFormat = .docker, platform: Platform? = nil
    ) throws(ImageError) {
        let lease = try reading { () throws(ContentError) in try content.lease() }
        defer { withExtendedLifetime(lease) {} }
        var plan = SavePlan()
        for text in images { try plan.add(text, from: self, format, platform) }
        let writer = ArchiveWriter(descriptor, called: "the archive")
        try plan.write(writer, from: content, format)
    }

    /// Writes images to a directory as an OCI layout: one that is a layout already gets them in addition.
    package func saveLayout(_ images: [String], to directory: String, platform: Platform? = nil) throws(ImageError) {
        let lease = try reading { () throws(ContentError) in try content.lease() }
        defer { withExtendedLifetime(lease) {} }
        var plan = SavePlan()
        for text in images { try plan.add(text, from: self, .oci, platform) }
        try plan.write(directory, from: content)
    }
}

/// What is to be written: a value, before anything is.
private struct SavePlan {
    private var index = ImageIndex(manifests: [])
    private var docker = DockerArchive([])
    private var blobs: [Descriptor] = []
    private var seen: Set<Digest> = []

    mutating func add(
        _ text: String, from store: ImageStore, _ format: ArchiveFormat, _ platform: Platform?
    ) throws(ImageError) {
        let target = try store.target(of: text)
        let graph = try store.graph(of: target)
        let isWhole = platform == nil && graph.missing.isEmpty && format == .oci
        let image = try store.image(target, in: try store.index(), platform: platform ?? .host, called: text)
        let called = (try? ImageReference(text)).map(\.withDefaultTag)
        let names = called.flatMap { image.names.contains($0) ? [$0] : nil } ?? image.names.filter { $0.tag != nil }
        let entry = isWhole ? image.target : image.descriptor
        for blob in isWhole
            ? Self.blobs(graph, target) : [image.descriptor, image.manifest.config] + image.manifest.layers
        {
            if seen.insert(blob.digest).inserted { blobs.append(blob) }
        }
        if names.isEmpty { index.manifests.append(entry.named(nil)) }
        for name in names {
            var named = entry.named(name)
            // As Docker writes it there; its readers take the whole name from the other annotation.
            if format == .docker { named.annotations[Annotation.referenceName] = name.tag }
            index.manifests.append(named)
        }
        let item = DockerArchive.Image(
            config: Self.path(image.manifest.config.digest), tags: names.map(\.familiar),
            layers: image.manifest.layers.map { Self.path($0.digest) })
        if let place = docker.images.firstIndex(where: { $0.config == item.config && $0.layers == item.layers }) {
            docker.images[place].tags += item.tags.filter { !docker.images[place].tags.contains($0) }
        } else {
            docker.images.append(item)
        }
    }

    private static func blobs(_ graph: ImageGraph, _ target: Descriptor) -> [Descriptor] {
        [target] + graph.indexes + graph.manifests.flatMap { [$0.descriptor, $0.manifest.config] + $0.manifest.layers }
    }

    private static func path(_ digest: Digest) -> String {
        "\(ImageLayout.blobs)/\(digest.algorithm.rawValue)/\(digest.hexadecimal)"
    }

    func write(_ writer: ArchiveWriter, from store: ContentStore, _ format: ArchiveFormat) throws(ImageError) {
        // The small ones first: a reader of a pipe knows then what will come.
        try calling { () throws(SystemError) in
            try writer.file(ImageLayout.marker, ImageLayout().json())
            try writer.file(ImageLayout.index, index.json())
            if format == .docker {
                try writer.file(DockerArchive.manifest, docker.json())
                try writer.file(DockerArchive.repositories, docker.repositoriesJSON())
            }
            try writer.directory(ImageLayout.blobs)
            for algorithm in Set(blobs.map(\.digest.algorithm)).sorted(by: { $0.rawValue < $1.rawValue }) {
                try writer.directory("\(ImageLayout.blobs)/\(algorithm.rawValue)")
            }
        }
        for blob in blobs {
            let file = try reading { () throws(ContentError) in try store.open(blob.digest) }
            try calling { () throws(SystemError) in
                try writer.file(Self.path(blob.digest), from: file.number, size: blob.size)
            }
        }
        try calling { () throws(SystemError) in try writer.finish() }
    }

    /// Into a layout of others, beside what it holds.
    func write(_ directory: String, from store: ContentStore) throws(ImageError) {
        let isThere = SystemFile.exists("\(directory)/\(ImageLayout.marker)")
        var merged = isThere ? try ForeignLayout(directory).index() : ImageIndex(manifests: [])
        let target = try reading { () throws(ContentError) in try ContentStore(root: directory) }
        // Of a command that was killed here before.
        _ = try? target.cleanIngests(olderThan: 3600)
        let source = try ForeignLayout(store.root)
        for blob in blobs {
            guard try source.copy(blob, to: target) else {
                throw .content(.missing(blob.digest, store: store.root))
            }
        }
        for entry in index.manifests {
            let name = entry.annotations[Annotation.referenceName]
            merged.manifests.removeAll {
                name == nil ? $0.digest == entry.digest : $0.annotations[Annotation.referenceName] == name
            }
            merged.manifests.append(entry)
        }
        try calling { () throws(SystemError) in
            try SystemFile.replace(
                "\(directory)/\(ImageLayout.index)", with: merged.json(), mode: 0o644, durability: .content)
            try SystemFile.replace(
                "\(directory)/\(ImageLayout.marker)", with: ImageLayout().json(), mode: 0o644, durability: .content)
        }
        // What a store needs and a layout does not have.
        for name in ["ingest", "leases", "locks/store", "locks"] {
            let path = "\(directory)/\(name)"
            if rmdir(path) != 0, errno == ENOTDIR { unlink(path) }
        }
    }
}
