import Content
package import Layers
import OCI

extension ImageStore {
    /// Stores a layer that is packed straight into the store.
    ///
    /// Nothing refers to it yet: whoever calls this holds a lease of `content` until `add` was called.
    ///
    /// - Parameter pack: writes the blob to a descriptor (`LayerPacker`), and says what it wrote.
    package func putLayer(
        _ pack: (Int32) throws(LayerError) -> LayerContent
    ) throws(ImageError) -> LayerContent {
        let session = try reading { () throws(ContentError) in try content.beginIngest() }
        let layer: LayerContent
        do throws(LayerError) { layer = try pack(session.descriptor) } catch {
            session.abandon()
            if case .system(let cause) = error.reason, case .full(let full) = ContentError(cause) {
                throw .content(.full(full))
            }
            throw .packing(error)
        }
        try reading { () throws(ContentError) in try session.commit(written: layer.digest) }
        return layer
    }
}
