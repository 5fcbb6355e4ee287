import Images
import OCI

/// Puts an image's documents into the store, names it, and tells its identifier.
struct ImageWriter {
    let store: ImageStore
    let options: BuildOptions

    func write(_ state: StageState) throws(ImageError) -> (id: Digest, descriptor: Descriptor) {
        var configuration = state.configuration
        configuration.created = options.epoch == nil ? state.created ?? options.created : options.created
        let config = try store.put(configuration.json(), .imageConfiguration)
        // Docker's media types and OCI's are not mixed in one manifest.
        let layers = state.layers.map { layer in
            var layer = layer
            if let compression = layer.mediaType.compression { layer.mediaType = compression.layer }
            return layer
        }
        var descriptor = try store.put(ImageManifest(config: config, layers: layers).json(), .imageManifest)
        descriptor.platform = configuration.platform
        try store.add(descriptor, as: options.names)
        return (config.digest, descriptor)
    }
}
