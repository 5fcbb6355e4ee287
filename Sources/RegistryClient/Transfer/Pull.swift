public import Content
public import OCI

extension RegistryClient {
    /// What came of a pull.
    public struct Pulled: Equatable, Sendable {
        /// The manifest of the image, or the index with `Selection.all`.
        public var root: Descriptor
        /// What the name stands for at the registry: an index where there is one. Its digest is what others pull by.
        public var named: Descriptor
        /// Manifests that came along because they refer to it: roots of their own.
        public var referrers: [Descriptor] = []
        /// Manifests, configurations and layers that had to be brought, and their bytes.
        public var fetched: Int
        public var fetchedSize: Int64
    }

    /// Which of an index's images are wanted.
    public enum Selection: Equatable, Sendable {
        case platform(Platform)
        /// The index with every image in it.
        case all
    }

    /// Brings an image with everything it consists of into a store; manifests come last, so that whatever refers to blobs is
    /// there only when they are.
    ///
    /// The caller holds a lease of the store until something refers to the root.
    ///
    /// - Parameter withReferrers: signatures and whatever else refers to what is brought comes along.
    public func pull(
        _ reference: ImageReference, into store: ContentStore, _ selection: Selection = .platform(.host),
        withReferrers: Bool = false, report: @escaping TransferProgress.Receiver = { _ in }
    ) throws -> Pulled {
        let operation = "pull \(reference.withDefaultTag.familiar)"
        return try RegistryClientError.telling(operation) {
            let session = try session(for: reference.registry)
            let connection = RegistryConnection(session)
            let repository = reference.repository
            let named = try connection.manifest(repository, ManifestName(reference), operation)
            var plan = TransferPlan(repository: repository, operation: operation, selection: selection)
            let get = { (child: Descriptor) in try connection.manifest(repository, .digest(child.digest), operation) }
            let root = try plan.add(named, get)
            if withReferrers {
                try plan.addReferrers({ try connection.referrers(of: $0, repository, operation) }, get)
            }
            for blob in plan.blobs { report(TransferProgress(blob, .waiting)) }
            let tally = TransferTally(report)
            try TransferPool.run(
                plan.blobs, width: options.parallelTransfers, cancellation: options.cancellation,
                open: { RegistryConnection(session, cancellation: $0) },
                body: { connection, blob in
                    try BlobDownload(
                        descriptor: blob, repository: repository, store: store, operation: operation,
                        report: tally.receive
                    ).run(connection)
                })
            if case .platform(let platform) = selection {
                try Self.check(root, in: store, platform, operation)
            }
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

    /// An image's own word on its platform: an index may promise another, and a name without an index promises none.
    private static func check(
        _ root: RemoteManifest, in store: ContentStore, _ platform: Platform, _ operation: String
    ) throws {
        guard let manifest = try? ImageManifest(json: root.bytes), manifest.config.mediaType.isConfiguration else {
            return
        }
        let bytes = try store.bytes(of: manifest.config, limit: ImageConfiguration.greatestSize)
        let own: Platform
        do throws(ConfigurationError) { own = try ImageConfiguration(json: bytes).platform } catch {
            throw RegistryClientError(.protocolViolation, operation, problem: "\(error)")
        }
        guard platform.runs(own) else {
            throw RegistryClientError(
                .noPlatform, operation, problem: "the image is for \(own), not for \(platform)",
                advice: "name another with --platform \(own)")
        }
    }
}
