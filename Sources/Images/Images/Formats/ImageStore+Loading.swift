import Content
import Glibc
import Linux
package import OCI

extension ImageStore {
    /// Brings images from a file or a directory: an archive of `docker save`, an OCI archive, or an OCI layout.
    ///
    /// - Parameters:
    ///   - path: a directory is a layout; anything else an archive, compressed or not.
    ///   - names: how the image is to be called, in place of what the archive says; only for one image.
    /// - Throws: `ImageError.format` where it is none of them, or holds what an honest one does not.
    package func load(_ path: String, as names: [ImageReference] = []) throws(ImageError) -> [LoadedImage] {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return try load(layout: path, as: names) }
        guard [S_IFREG, S_IFIFO, 0].contains(status.st_mode & S_IFMT) else {
            throw .format(path, problem: "is neither a file nor a directory")
        }
        let file = try calling { () throws(SystemError) in try OwnedDescriptor(opening: path, O_RDONLY) }
        return try load(archive: file.number, called: path, as: names)
    }

    /// The same from an open archive, which may be a pipe.
    package func load(
        archive descriptor: Int32, called name: String = "the archive", as names: [ImageReference] = []
    ) throws(ImageError) -> [LoadedImage] {
        var lease: ContentLease? = try reading { () throws(ContentError) in try content.lease() }
        do throws(ImageError) {
            var archive = ImageArchive(name: name)
            try archive.read(ArchiveReader(descriptor, called: name), into: content)
            let images = try archive.images(in: self)
            let loaded = try add(images, as: names, from: name)
            withExtendedLifetime(lease) {}
            return loaded
        } catch {
            // What was brought so far belongs to nothing.
            lease = nil
            _ = try? collectGarbage()
            throw error
        }
    }

    /// The same from a directory.
    package func load(layout directory: String, as names: [ImageReference] = []) throws(ImageError) -> [LoadedImage] {
        let layout = try ForeignLayout(directory)
        let index = try layout.index()
        let entries = index.manifests.filter { $0.mediaType.isManifest || $0.mediaType.isIndex }
        try Self.check(imageCount: entries.count, of: directory)
        var lease: ContentLease? = try reading { () throws(ContentError) in try content.lease() }
        do throws(ImageError) {
            var brought: Set<Digest> = []
            for entry in entries { try bring(entry, from: layout, &brought, depth: 0) }
            let images = entries.map {
                LoadedImage(target: $0.named(nil), names: $0.foreignName.map { [$0] } ?? [])
            }
            let loaded = try add(images, as: names, from: directory)
            withExtendedLifetime(lease) {}
            return loaded
        } catch {
            lease = nil
            _ = try? collectGarbage()
            throw error
        }
    }

    /// Images of one archive or layout, and names of them together.
    private static let (greatestImages, greatestNames) = (1000, 4000)
    /// Bytes of the documents of all images of one archive or layout; of those of several images each time.
    private static let greatestDocuments = ImageGraph.greatestDocuments *| 4

    static func check(imageCount: Int, of source: String) throws(ImageError) {
        guard imageCount <= greatestImages else {
            throw .format(source, problem: "holds more than \(greatestImages) images")
        }
    }

    private func add(
        _ images: [LoadedImage], as names: [ImageReference], from source: String
    ) throws(ImageError) -> [LoadedImage] {
        guard !images.isEmpty else { throw .format(source, problem: "holds no image") }
        try Self.check(imageCount: images.count, of: source)
        guard images.reduce(0, { $0 + $1.names.count }) <= Self.greatestNames else {
            throw .format(source, problem: "holds more than \(Self.greatestNames) names of images")
        }
        // One image under several names comes as one.
        var merged: [LoadedImage] = []
        for image in images {
            if let place = merged.firstIndex(where: { $0.target.digest == image.target.digest }) {
                merged[place].names += image.names.filter { !merged[place].names.contains($0) }
            } else {
                merged.append(image)
            }
        }
        if !names.isEmpty {
            guard merged.count == 1 else {
                throw .format(source, problem: "holds \(merged.count) images, which cannot all have one name")
            }
            merged[0].names = names.map(\.withDefaultTag)
        }
        // All of them or none.
        var size: Int64 = 0
        for image in merged {
            size +|= try check(image.target, named: !image.names.isEmpty).documentSize
            guard size <= Self.greatestDocuments else {
                throw .format(
                    source, problem: "holds images with more than \(Self.greatestDocuments >> 20) MiB of documents")
            }
        }
        try name(merged)
        return merged
    }

    /// Brings a blob and all it leads to, as far as it is there, once.
    private func bring(
        _ target: Descriptor, from layout: borrowing ForeignLayout, _ brought: inout Set<Digest>, depth: Int
    ) throws(ImageError) {
        guard depth < ImageGraph.greatestDepth else {
            throw .malformed("index \(target.digest)", problem: "indexes are nested too deeply")
        }
        guard brought.insert(target.digest).inserted else { return }
        guard brought.count <= ImageGraph.greatestCount * 8 else {
            throw .malformed("index \(target.digest)", problem: "leads to too many blobs")
        }
        let isDocument = target.mediaType.isIndex || target.mediaType.isManifest
        if isDocument, target.size > ImageManifest.greatestSize {
            throw .content(
                .tooLarge("blob \(target.digest)", size: target.size, limit: ImageManifest.greatestSize))
        }
        // What an index names need not be here; what a manifest names must, as `add` sees.
        guard try layout.copy(target, to: content) else { return }
        if target.mediaType.isIndex {
            let index = try index(target)
            guard index.manifests.count <= ImageGraph.greatestCount else {
                throw .malformed("index \(target.digest)", problem: "names too many manifests")
            }
            for child in index.manifests { try bring(child, from: layout, &brought, depth: depth + 1) }
        } else if target.mediaType.isManifest {
            let manifest = try manifest(target)
            try ImageGraph.check(manifest, of: target)
            for blob in [manifest.config] + manifest.layers where brought.insert(blob.digest).inserted {
                _ = try layout.copy(blob, to: content)
            }
        }
    }
}
