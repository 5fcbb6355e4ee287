import Linux
package import OCI

extension ImageManifest {
    /// Bytes of the configuration and the layers as they are stored.
    var storedSize: Int64 { layers.reduce(config.size) { $0 +| max(0, $1.size) } }
}

extension ImageStore {
    /// Bytes of an image's configuration and layers, of each layer unpacked where it is unpacked, else as it is stored.
    package func unpackedSize(of manifest: ImageManifest) -> Int64 {
        guard let configuration = try? configuration(manifest.config),
            configuration.rootfs.diffIDs.count == manifest.layers.count
        else { return manifest.storedSize }
        return zip(manifest.layers, configuration.rootfs.diffIDs).reduce(manifest.config.size) { sum, layer in
            sum +| (unpackedSize(of: layer.1) ?? max(0, layer.0.size))
        }
    }

    /// Bytes of an unpacked layer, by the size of its archive; nil where it is not unpacked.
    package func unpackedSize(of diffID: Digest) -> Int64? {
        guard let bytes = try? SystemFile.bytes(of: "\(root)/layers/\(diffID.hexadecimal)/layer.json"),
            let record = try? JSONDocument.read(LayerRecord.self, from: bytes, document: "layer.json")
        else { return nil }
        return record.size
    }
}
