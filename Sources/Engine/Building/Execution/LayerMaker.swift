import Images
import Layers
import Linux
import OCI

/// Makes a layer of what a step wrote: packed into the store, and unpacked for the steps after it.
struct LayerMaker {
    let store: ImageStore
    let hold: ImageHold
    let options: BuildOptions

    /// - Parameter upper: what overlayfs kept of a step.
    /// - Returns: what is kept of the step.
    func make(of upper: String) throws -> LayerCache.Record {
        let created = options.created
        guard try !SystemFile.names(in: upper).isEmpty else { return LayerCache.Record(created: created) }
        let packer = LayerPacker(packing())
        let layer = try store.putLayer { (blob) throws(LayerError) in try packer.pack(upper: upper, to: blob) }
        try hold.unpack(layer.descriptor, layer.diffID)
        return LayerCache.Record(diffID: layer.diffID, layer: layer.descriptor, created: created)
    }

    /// A tree of this host as it is, with what is mounted in it.
    ///
    /// - Parameter asRoot: whether everything is root's, whoever owns it here.
    func pack(_ tree: String, asRoot: Bool = false) throws -> LayerContent {
        let packer = LayerPacker(packing(asRoot: asRoot))
        return try store.putLayer { (blob) throws(LayerError) in
            try packer.pack(tree, crossesMounts: true, to: blob)
        }
    }

    private func packing(asRoot: Bool = false) -> PackOptions {
        PackOptions(
            compression: options.compression, ownership: asRoot ? .own : .recorded, latestTime: options.epoch)
    }
}

extension BuildOptions {
    /// Of what is made now, RFC 3339.
    var created: String { epoch.map { Timestamp.text(seconds: $0) } ?? Timestamp.now(nanoseconds: true) }
}
