package import OCI

/// An image that came from outside.
package struct LoadedImage: Equatable, Sendable {
    /// What the store's index names now.
    package var target: Descriptor
    /// Empty where the archive gave none and nobody else did.
    package var names: [ImageReference]
}

/// How images are written to one file.
package enum ArchiveFormat: String, CaseIterable, Sendable {
    /// As `docker save` of Docker 25 and later: an OCI layout with Docker's `manifest.json` besides, which older ones read.
    case docker
    /// An OCI layout alone.
    case oci
}

extension Descriptor {
    /// The name that a layout of others gives an image: the whole one of containerd, or one in the layout's own annotation that
    /// is more than a tag.
    var foreignName: ImageReference? {
        if let text = annotations[Annotation.imageName] { return (try? ImageReference(text))?.withDefaultTag }
        guard let text = annotations[Annotation.referenceName], text.contains(where: { $0 == ":" || $0 == "/" }) else {
            return nil
        }
        return (try? ImageReference(text))?.withDefaultTag
    }
}
