import Content
package import Layers
import Linux
package import OCI

/// What somebody works with for long though no name and no container leads to it: a build its base images and the layers it makes.
///
/// It holds the store's lock only while layers are unpacked: collections run, and leave what is held.
package final class ImageHold: Sendable {
    private let store: ImageStore
    private let lease: ContentLease

    fileprivate init(_ store: ImageStore, _ lease: ContentLease) {
        self.store = store
        self.lease = lease
    }

    /// Makes sure that an image stays, and that its layers are unpacked.
    ///
    /// - Returns: the layers, stacked in one directory.
    package func unpack(_ image: StoredImage, options: UnpackOptions = .possible) throws(ImageError) -> LayerStack {
        try locked { () throws(ImageError) in
            try retain([image.descriptor, image.manifest.config] + image.manifest.layers)
            return try hold(store.unpackLocked(image, options))
        }
    }

    /// Makes sure that an image's blobs stay, without unpacking it yet.
    package func keep(_ image: StoredImage) throws(ImageError) {
        try locked { () throws(ImageError) in
            try retain([image.descriptor, image.manifest.config] + image.manifest.layers)
        }
    }

    /// The same of layers that are no image yet, from the lowest up; their blobs came, or were retained, under this hold.
    package func unpack(_ layers: [Descriptor], _ diffIDs: [Digest]) throws(ImageError) -> LayerStack {
        try locked { () throws(ImageError) in
            for (layer, diffID) in zip(layers, diffIDs) { try store.unpack(layer, diffID, .possible) }
            return try hold(store.stack(diffIDs))
        }
    }

    /// One of them alone, to be stacked later.
    package func unpack(_ layer: Descriptor, _ diffID: Digest) throws(ImageError) {
        try locked { () throws(ImageError) in
            try store.unpack(layer, diffID, .possible)
            try hold([.layer(String(diffID.hexadecimal))])
        }
    }

    private func retain(_ blobs: [Descriptor]) throws(ImageError) {
        for blob in blobs {
            let isThere = try reading { () throws(ContentError) in
                try store.content.retain(blob.digest, size: blob.size)
            }
            if !isThere { throw .content(.missing(blob.digest, store: store.root)) }
        }
    }

    private func hold(_ stack: LayerStack) throws(ImageError) -> LayerStack {
        try hold(stack.diffIDs.map { .layer(String($0.hexadecimal)) } + [.stack(stack.name)])
        return stack
    }

    private func hold(_ things: [Held]) throws(ImageError) {
        try calling { () throws(SystemError) in try lease.hold(things.map(\.text)) }
    }

    private func locked<Result>(_ body: () throws(ImageError) -> Result) throws(ImageError) -> Result {
        let lock = try reading { () throws(ContentError) in try store.content.lock(.shared) }
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }
}

extension ImageStore {
    /// Begins to hold what is used: until the value is gone, or the process.
    package func hold() throws(ImageError) -> ImageHold {
        ImageHold(self, try reading { () throws(ContentError) in try content.lease() })
    }
}

/// What a lease of this store names besides blobs.
private enum Held {
    case layer(String)
    case stack(String)

    var text: String {
        switch self {
        case .layer(let name): "layer \(name)"
        case .stack(let name): "stack \(name)"
        }
    }

    init?(_ text: String) {
        let words = text.split(separator: " ")
        switch (words.first, words.count) {
        case ("layer", 2): self = .layer(String(words[1]))
        case ("stack", 2): self = .stack(String(words[1]))
        default: return nil
        }
    }
}

extension ImageRoots {
    /// What leases name, where they name anything of this store.
    mutating func insert(held names: Set<String>) {
        for name in names {
            switch Held(name) {
            case .layer(let layer): layers.insert(layer)
            case .stack(let stack):
                stacks.insert(stack)
                // What caches are named after.
                keys.insert(stack)
            case nil: break
            }
        }
    }
}
