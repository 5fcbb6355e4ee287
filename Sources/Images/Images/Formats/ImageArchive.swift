import Content
import Linux
import OCI

/// The files of an archive of images: documents in memory, all else as blobs in the store.
///
/// The archive is read once and in any order, so that it may come through a pipe: what the files mean shows at the end.
struct ImageArchive {
    let name: String
    private var documents: [String: [UInt8]] = [:]
    private var files: [String: Descriptor] = [:]
    private var links: [String: String] = [:]

    /// What is kept in memory, at the archive's root.
    private static let documentNames: Set<String> = [
        ImageLayout.marker, ImageLayout.index, DockerArchive.manifest, DockerArchive.repositories,
    ]

    /// Files that are stored; each is brought to the disk by itself, which takes a millisecond or many.
    private static let greatestFiles = 20_000

    init(name: String) { self.name = name }

    mutating func read(_ reader: ArchiveReader, into store: ContentStore) throws(ImageError) {
        while let entry = try reader.next() {
            switch entry.kind {
            case .directory: continue
            case .link(let target):
                try makeSure(isNew: entry.path, reader)
                links[entry.path] = target
            case .file:
                try makeSure(isNew: entry.path, reader)
                if Self.documentNames.contains(entry.path) {
                    documents[entry.path] = try document(entry.path, reader)
                } else if Self.isLeftAside(entry.path) {
                    try reader.skip(entry.path)
                } else {
                    guard files.count < Self.greatestFiles else {
                        throw reader.refusal("has more than \(Self.greatestFiles) files")
                    }
                    files[entry.path] = try blob(entry.path, reader, store)
                }
            }
        }
    }

    /// What Docker's oldest format says of each layer, of which nothing newer takes notice.
    private static func isLeftAside(_ path: String) -> Bool {
        path.hasSuffix("/json") || path.hasSuffix("/VERSION")
    }

    private func makeSure(isNew path: String, _ reader: ArchiveReader) throws(ImageError) {
        guard documents[path] == nil, files[path] == nil, links[path] == nil else {
            throw reader.refusal("entry \(ArchiveReader.shown(path)) is there twice")
        }
    }

    private func document(_ path: String, _ reader: ArchiveReader) throws(ImageError) -> [UInt8] {
        var content: [UInt8] = []
        try reader.content(of: path) { (piece) throws(ImageError) in
            guard Int64(content.count + piece.count) <= ImageStore.greatestIndex else {
                throw .content(
                    .tooLarge(path, size: Int64(content.count + piece.count), limit: ImageStore.greatestIndex))
            }
            content += piece
        }
        return content
    }

    /// A file of a layout must be what its name says; the name of any other file says nothing.
    private func blob(_ path: String, _ reader: ArchiveReader, _ store: ContentStore) throws(ImageError) -> Descriptor {
        let expected = try expectedDigest(path, reader)
        let session = try reading { () throws(ContentError) in
            try store.beginIngest(algorithm: expected?.algorithm ?? .sha256)
        }
        try reader.content(of: path) { (piece) throws(ImageError) in
            try reading { () throws(ContentError) in try session.write(piece) }
        }
        let size = session.size
        let digest = try reading { () throws(ContentError) in try session.commit(expected: expected) }
        return Descriptor(mediaType: MediaType(""), digest: digest, size: size)
    }

    private func expectedDigest(_ path: String, _ reader: ArchiveReader) throws(ImageError) -> Digest? {
        let parts = path.split(separator: "/")
        guard parts.count == 3, parts[0] == ImageLayout.blobs else { return nil }
        guard let digest = Digest("\(parts[1]):\(parts[2])") else {
            throw reader.refusal("entry \(ArchiveReader.shown(path)) is not named by a digest")
        }
        return digest
    }

    // MARK: What it holds

    /// The images, whose blobs are in the store.
    func images(in store: ImageStore) throws(ImageError) -> [LoadedImage] {
        if let marker = documents[ImageLayout.marker], let bytes = documents[ImageLayout.index] {
            _ = try parsing { () throws(ConfigurationError) in try ImageLayout(json: marker) }
            let index = try parsing { () throws(ConfigurationError) in try ImageIndex(json: bytes) }
            let images = index.manifests.filter { $0.mediaType.isManifest || $0.mediaType.isIndex }.map {
                LoadedImage(target: $0.named(nil), names: $0.foreignName.map { [$0] } ?? [])
            }
            // Docker 25 names nothing there of images that were saved by their identifiers: its own document does.
            if !images.isEmpty || documents[DockerArchive.manifest] == nil { return images }
        }
        if let bytes = documents[DockerArchive.manifest] {
            let archive = try parsing { () throws(ConfigurationError) in try DockerArchive(json: bytes) }
            try ImageStore.check(imageCount: archive.images.count, of: name)
            var images: [LoadedImage] = []
            for image in archive.images { images.append(try self.image(image, in: store)) }
            return images
        }
        throw .format(
            name,
            problem: documents[DockerArchive.repositories] != nil
                ? "is an archive of Docker before 1.10, which is not supported; load and save it with a newer Docker"
                : "is not an image archive: it has neither \(ImageLayout.index) nor \(DockerArchive.manifest); `isolab image import` makes an image from an archive of files"
        )
    }

    /// Docker's form has no manifest: one is made.
    private func image(_ image: DockerArchive.Image, in store: ImageStore) throws(ImageError) -> LoadedImage {
        guard image.layers.count <= ImageGraph.greatestLayers else {
            throw .format(name, problem: "has an image of more than \(ImageGraph.greatestLayers) layers")
        }
        var config = try file(image.config)
        config.mediaType = .imageConfiguration
        let configuration = try store.configuration(config)
        guard configuration.rootfs.diffIDs.count == image.layers.count else {
            throw .malformed(
                name,
                problem:
                    "\(image.config): the configuration lists \(configuration.rootfs.diffIDs.count) layers, the archive has \(image.layers.count)"
            )
        }
        var layers: [Descriptor] = []
        for (path, diffID) in zip(image.layers, configuration.rootfs.diffIDs) {
            var layer = try file(path)
            let compression = try compression(of: layer, store.content)
            layer.mediaType = compression.layer
            // Compressed ones show what they are when they are unpacked.
            if compression == .none, diffID.algorithm == .sha256, layer.digest != diffID {
                throw .content(.digestMismatch(expected: diffID, found: layer.digest))
            }
            layers.append(layer)
        }
        let target = try store.put(ImageManifest(config: config, layers: layers).json(), .imageManifest)
        var names: [ImageReference] = []
        for tag in image.tags {
            names.append(try parsing { () throws(ConfigurationError) in try ImageReference(tag) }.withDefaultTag)
        }
        return LoadedImage(target: target, names: names)
    }

    /// A file by the name another one calls it, through the archive's links.
    private func file(_ text: String) throws(ImageError) -> Descriptor {
        guard var path = ArchivePath.normalized(text) else {
            throw .format(name, problem: "\(ArchiveReader.shown(text)) is not the name of a file in it")
        }
        for _ in 0..<8 {
            if let file = files[path] { return file }
            guard let target = links[path] else { break }
            path = target
        }
        throw .format(name, problem: "names \(ArchiveReader.shown(text)), which is not in it")
    }

    /// By the first bytes: what Docker's archives say of layers is their place alone.
    private func compression(of blob: Descriptor, _ store: ContentStore) throws(ImageError) -> MediaType.Compression {
        let file = try reading { () throws(ContentError) in try store.open(blob.digest) }
        return try calling { () throws(SystemError) in try Compression.detect(file.number) }
    }
}
