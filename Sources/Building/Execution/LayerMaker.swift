import Content
import Glibc
import Images
import Layers
import Linux
import OCI

/// Makes a layer of what a step wrote: packed into the store, and unpacked for the steps after it.
struct LayerMaker {
    let store: ImageStore
    let options: BuildOptions

    /// - Parameter upper: what overlayfs kept of a step.
    /// - Returns: what is kept of the step.
    func make(of upper: String) throws -> LayerCache.Record {
        let created = options.created
        guard try !SystemFile.names(in: upper).isEmpty else { return LayerCache.Record(created: created) }
        let layer = try pack(upper)
        try store.unpack(layer.descriptor, layer.diffID, .possible)
        return LayerCache.Record(diffID: layer.diffID, layer: layer.descriptor, created: created)
    }

    /// A tree as a blob of the store.
    func pack(_ tree: String, asRoot: Bool = false) throws -> (descriptor: Descriptor, diffID: Digest) {
        let session = try store.content.beginIngest()
        do { return try TreePacker(epoch: options.epoch, asRoot: asRoot).pack(tree, into: session) } catch {
            session.abandon()
            throw error
        }
    }
}

extension BuildOptions {
    /// Of what is made now, RFC 3339.
    var created: String { epoch.map { Timestamp.text(seconds: $0) } ?? Timestamp.now(nanoseconds: true) }
}
