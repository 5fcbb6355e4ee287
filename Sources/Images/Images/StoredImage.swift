import Linux
package import OCI

/// An image of the store, chosen for a platform.
package struct StoredImage: Equatable, Sendable {
    /// What the store's index names: a manifest, or an index of several platforms' manifests.
    package var target: Descriptor
    /// Every name it has, sorted.
    package var names: [ImageReference]
    /// The platform's manifest.
    package var descriptor: Descriptor
    package var manifest: ImageManifest
    package var configuration: ImageConfiguration

    /// The identifier, as Docker's: the digest of the configuration.
    package var id: Digest { manifest.config.digest }

    /// Bytes of the configuration and of the layers as they are stored.
    package var size: Int64 { manifest.storedSize }

    /// The names with which a registry knows this very content: `repository@digest`.
    package var repositoryDigests: [String] {
        Array(Set(names.map { "\($0.familiarName)@\(target.digest)" })).sorted()
    }
}

/// One line of a list of images.
package struct ImageSummary: Equatable, Sendable {
    package var id: Digest
    /// Nil for a dangling one.
    package var name: ImageReference?
    /// What the store's index names.
    package var target: Digest
    /// RFC 3339.
    package var created: String?
    /// Bytes of the configuration and the layers: unpacked where they are, as stored where they are not.
    package var size: Int64
    /// Bytes as stored, which a pull or a push moves.
    package var storedSize: Int64 = 0
    /// Those whose manifests are in the store; the first is the one that the line tells of.
    package var platforms: [Platform]
    /// Why it cannot be used: something of it is missing or damaged.
    package var problem: String?

    package var isDangling: Bool { name == nil }
}

/// One line of an image's history, the latest first.
package struct ImageStep: Equatable, Sendable {
    /// RFC 3339.
    package var created: String?
    package var createdBy: String?
    package var author: String?
    package var comment: String?
    /// Nil for a step that left the file system as it was.
    package var layer: Descriptor?
    package var diffID: Digest?

    /// Bytes of the layer as stored.
    package var size: Int64 { layer?.size ?? 0 }
}

extension StoredImage {
    /// How the image came about, the latest step first. Layers of which the configuration tells nothing come as lines of their
    /// own.
    package var history: [ImageStep] {
        var steps: [ImageStep] = []
        var layers = zip(manifest.layers, configuration.rootfs.diffIDs).makeIterator()
        for item in configuration.history {
            var step = ImageStep(
                created: item.created, createdBy: item.createdBy, author: item.author, comment: item.comment)
            if !item.emptyLayer, let (layer, diffID) = layers.next() {
                step.layer = layer
                step.diffID = diffID
            }
            steps.append(step)
        }
        while let (layer, diffID) = layers.next() { steps.append(ImageStep(layer: layer, diffID: diffID)) }
        return steps.reversed()
    }
}
