import Content
import Glibc
import Linux
public import OCI

extension ImageStore {
    /// Brings images from a file or a directory: an archive of `docker save`, an OCI archive, or an OCI layout.
    ///
    /// - Parameters:
    ///   - path: a directory is a layout; anything else an archive, compressed or not.
    ///   - names: how the image is to be called, in place of what the archive says; only for one image.
    /// - Throws: `ImageError.format` where it is none of them, or holds what an honest one does not.
    public func load(_ path: String, as names: [ImageReference] = []) throws(ImageError) -> [LoadedImage] {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return try load(layout: path, as: names) }
        guard [S_IFREG, S_IFIFO, 0].contains(status.st_mode & S_IFMT) else {
            throw .format(path, problem: "is neither a file nor a directory")
        }
        let file = try calling { () throws(SystemError) in try OwnedDescriptor(opening: path, O_RDONLY) }
        return try load(archive: file.number, called: path, as: names)
    }

    /// The same from an open archive, which may be a pipe.
    public func load(
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
    public func load(layout directory: String, as names: [ImageReference] = []) throws(ImageError) -> [LoadedImage] {
        let layout = ForeignLayout(directory)
        let index = try layout.index()
        let lease = try reading { () throws(ContentError) in try content.lease() }
        defer { withExtendedLifetime(lease) {} }
        var images: [LoadedImage] = []
        for entry in index.manifests where entry.mediaType.isManifest || entry.mediaType.isIndex {
            try bring(entry, from: layout, depth: 0)
            images.append(LoadedImage(target: entry.named(nil), names: entry.foreignName.map { [$0] } ?? []))
        }
        return try add(images, as: names, from: directory)
    }

    private func add(
        _ images: [LoadedImage], as names: [ImageReference], from source: String
    ) throws(ImageError) -> [LoadedImage] {
        guard !images.isEmpty else { throw .format(source, problem: "holds no image") }
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
        for image in merged { try add(image.target, as: image.names) }
        return merged
    }

    /// Brings a blob and all it leads to, as far as it is there.
    private func bring(_ target: Descriptor, from layout: ForeignLayout, depth: Int) throws(ImageError) {
        guard depth < ImageGraph.greatestDepth else {
            throw .malformed("index \(target.digest)", problem: "indexes are nested too deeply")
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
            for child in index.manifests { try bring(child, from: layout, depth: depth + 1) }
        } else if target.mediaType.isManifest {
            let manifest = try manifest(target)
            for blob in [manifest.config] + manifest.layers { _ = try layout.copy(blob, to: content) }
        }
    }
}
