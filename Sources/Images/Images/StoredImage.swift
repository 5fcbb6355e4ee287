import Linux
public import OCI

/// An image of the store, chosen for a platform.
public struct StoredImage: Equatable, Sendable {
    /// What the store's index names: a manifest, or an index of several platforms' manifests.
    public var target: Descriptor
    /// Every name it has, sorted.
    public var names: [ImageReference]
    /// The platform's manifest.
    public var descriptor: Descriptor
    public var manifest: ImageManifest
    public var configuration: ImageConfiguration

    /// The identifier, as Docker's: the digest of the configuration.
    public var id: Digest { manifest.config.digest }

    /// Bytes of the configuration and of the layers as they are stored.
    public var size: Int64 { manifest.storedSize }

    /// The names with which a registry knows this very content: `repository@digest`.
    public var repositoryDigests: [String] {
        Array(Set(names.map { "\($0.familiarName)@\(target.digest)" })).sorted()
    }
}

/// One line of a list of images.
public struct ImageSummary: Equatable, Sendable {
    public var id: Digest
    /// Nil for a dangling one.
    public var name: ImageReference?
    /// What the store's index names.
    public var target: Digest
    /// RFC 3339.
    public var created: String?
    /// Bytes of the configuration and the layers: unpacked where they are, as stored where they are not.
    public var size: Int64
    /// Bytes as stored, which a pull or a push moves.
    public var storedSize: Int64 = 0
    /// Those whose manifests are in the store; the first is the one that the line tells of.
    public var platforms: [Platform]
    /// Why it cannot be used: something of it is missing or damaged.
    public var problem: String?

    public var isDangling: Bool { name == nil }
}

/// One line of an image's history, the latest first.
public struct ImageStep: Equatable, Sendable {
    /// RFC 3339.
    public var created: String?
    public var createdBy: String?
    public var author: String?
    public var comment: String?
    /// Nil for a step that left the file system as it was.
    public var layer: Descriptor?
    public var diffID: Digest?

    /// Bytes of the layer as stored.
    public var size: Int64 { layer?.size ?? 0 }
}

extension StoredImage {
    /// How the image came about, the latest step first. Layers of which the configuration tells nothing come as lines of their
    /// own.
    public var history: [ImageStep] {
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
