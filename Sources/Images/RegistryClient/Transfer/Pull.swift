package import Content
package import OCI

extension RegistryClient {
    /// What came of a pull.
    package struct Pulled: Equatable, Sendable {
        /// The manifest of the image, or the index with `Selection.all`.
        package var root: Descriptor
        /// What the name stands for at the registry: an index where there is one. Its digest is what others pull by.
        package var named: Descriptor
        /// Manifests that came along because they refer to it: roots of their own.
        package var referrers: [Descriptor] = []
        /// Manifests, configurations and layers that had to be brought, and their bytes.
        package var fetched: Int
        package var fetchedSize: Int64
    }

    /// Which of an index's images are wanted.
    package enum Selection: Equatable, Sendable {
        case platform(Platform)
        /// The index with every image in it.
        case all
    }

    /// Asked of each image's manifest before anything that it names is brought; what it throws is the end.
    package typealias Admission = (ImageManifest, Descriptor) throws -> Void

    /// Brings an image with everything it consists of into a store; manifests come last, so that whatever refers to blobs is
    /// there only when they are.
    ///
    /// The caller holds a lease of the store until something refers to the root.
    ///
    /// - Parameters:
    ///   - withReferrers: signatures and whatever else refers to what is brought comes along.
    ///   - admit: whether whoever keeps the store can keep an image.
    package func pull(
        _ reference: ImageReference, into store: ContentStore, _ selection: Selection = .platform(.host),
        withReferrers: Bool = false, admit: @escaping Admission = { _, _ in },
        report: @escaping TransferProgress.Receiver = { _ in }
    ) throws -> Pulled {
        let operation = "pull \(reference.withDefaultTag.familiar)"
        return try RegistryClientError.telling(operation) {
            let session = try session(for: reference.registry)
            let connection = RegistryConnection(session)
            let repository = reference.repository
            let named = try connection.manifest(repository, ManifestName(reference), operation)
            var plan = TransferPlan(repository: repository, operation: operation, selection: selection, admit: admit)
            let get = { (child: Descriptor) in try connection.manifest(repository, .digest(child.digest), operation) }
            let root = try plan.add(named, get)
            if withReferrers {
                try plan.addReferrers({ try connection.referrers(of: $0, repository, operation) }, get)
            }
            for blob in plan.blobs { report(TransferProgress(blob, .waiting)) }
            let tally = TransferTally(report)
            @Sendable func download(_ blob: Descriptor, _ connection: RegistryConnection) throws {
                try BlobDownload(
                    descriptor: blob, repository: repository, store: store, operation: operation,
                    report: tally.receive
                ).run(connection)
            }
            var blobs = plan.blobs
            if case .platform(let platform) = selection,
                let image = try? ImageManifest(json: root.bytes), image.config.mediaType.isConfiguration
            {
                // Before anything large comes: what it says may be the end.
                try download(image.config, connection)
                try Self.check(image, in: store, platform, operation)
                blobs.removeAll { $0.digest == image.config.digest }
            }
            try TransferPool.run(
                blobs, width: options.parallelTransfers, cancellation: options.cancellation,
                open: { RegistryConnection(session, cancellation: $0) },
                body: { connection, blob in try download(blob, connection) })
            for manifest in plan.manifests {
                if try !store.retain(manifest.descriptor.digest, size: manifest.descriptor.size) {
                    try store.put(manifest.bytes, algorithm: manifest.descriptor.digest.algorithm)
                    tally.count(manifest.descriptor.size)
                }
            }
            let (fetched, size) = tally.total
            return Pulled(
                root: root.descriptor, named: named.descriptor, referrers: plan.referrers, fetched: fetched,
                fetchedSize: size)
        }
    }

    /// An image's own word on its platform and its layers: an index may promise another, and a name without an index promises none.
    private static func check(
        _ manifest: ImageManifest, in store: ContentStore, _ platform: Platform, _ operation: String
    ) throws {
        let bytes = try store.bytes(of: manifest.config, limit: ImageConfiguration.greatestSize)
        let configuration: ImageConfiguration
        do throws(ConfigurationError) { configuration = try ImageConfiguration(json: bytes) } catch {
            throw RegistryClientError(
                .protocolViolation, operation, problem: "\(error)",
                advice: "the image is damaged: push it again, or choose another")
        }
        let own = configuration.platform
        guard configuration.rootfs.diffIDs.count == manifest.layers.count else {
            throw RegistryClientError(
                .protocolViolation, operation,
                problem:
                    "the manifest has \(manifest.layers.count) layers, and the configuration lists \(configuration.rootfs.diffIDs.count)",
                advice: "the image is damaged: push it again, or choose another")
        }
        guard platform.runs(own) else {
            throw RegistryClientError(
                .noPlatform, operation, problem: "the image is for \(own), not for \(platform)",
                advice: "name another with --platform \(own)")
        }
    }
}
