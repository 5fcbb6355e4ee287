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
        var descriptor = try store.put(
            ImageManifest(config: config, layers: state.layers).json(), .imageManifest)
        descriptor.platform = configuration.platform
        try store.add(descriptor, as: options.names)
        return (config.digest, descriptor)
    }
}
