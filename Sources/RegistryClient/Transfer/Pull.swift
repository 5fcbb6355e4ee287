public import Content
public import OCI

extension RegistryClient {
    /// What came of a pull.
    public struct Pulled: Equatable, Sendable {
        /// The manifest of the image, or the index with `Selection.all`.
        public var root: Descriptor
        /// What the name stands for at the registry: an index where there is one. Its digest is what others pull by.
        public var named: Descriptor
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
    public func pull(
        _ reference: ImageReference, into store: ContentStore, _ selection: Selection = .platform(.host),
        report: @escaping TransferProgress.Receiver = { _ in }
    ) throws -> Pulled {
        let operation = "pull \(reference.withDefaultTag.familiar)"
        let session = try session(for: reference.registry)
        let connection = RegistryConnection(session)
        let repository = reference.repository
        let named = try connection.manifest(repository, ManifestName(reference), operation)
        var plan = PullPlan(repository: repository, operation: operation, selection: selection)
        let root = try plan.add(named) { try connection.manifest(repository, .digest($0), operation) }
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
        return Pulled(root: root.descriptor, named: named.descriptor, fetched: fetched, fetchedSize: size)
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

/// What a pull brings, found out from manifests alone.
struct PullPlan {
    /// Indexes within indexes are read this deep.
    static let greatestDepth = 4
    /// Manifests of one name at most.
    static let greatestManifests = 256

    let repository: String
    let operation: String
    let selection: RegistryClient.Selection
    /// Configurations and layers, each once, the greatest first: they take longest.
    var blobs: [Descriptor] { found.sorted { $0.size > $1.size } }
    /// The manifests to store, those first that others name.
    private(set) var manifests: [RemoteManifest] = []
    private var found: [Descriptor] = []
    private var digests: Set<Digest> = []

    init(repository: String, operation: String, selection: RegistryClient.Selection) {
        self.repository = repository
        self.operation = operation
        self.selection = selection
    }

    /// Takes in what a manifest names, and the manifest itself.
    ///
    /// - Returns: the manifest that was chosen.
    mutating func add(
        _ manifest: RemoteManifest, depth: Int = 0, _ get: (Digest) throws -> RemoteManifest
    ) throws -> RemoteManifest {
        guard depth < Self.greatestDepth else {
            throw failure(.protocolViolation, "indexes within indexes, more than \(Self.greatestDepth) deep")
        }
        do {
            if manifest.descriptor.mediaType.isIndex {
                let index = try ImageIndex(json: manifest.bytes)
                guard case .platform(let platform) = selection else {
                    for child in index.manifests { try addChild(child, depth, get) }
                    return keep(manifest)
                }
                guard let chosen = index.manifest(for: platform) else {
                    let names = index.manifests.compactMap { $0.platform.map { shown("\($0)") } }
                    throw failure(
                        .noPlatform, "there is no image for \(platform)",
                        advice: "there are: " + names.prefix(20).joined(separator: ", "))
                }
                return try add(try check(get(chosen.digest), chosen), depth: depth + 1, get)
            }
            let image = try ImageManifest(json: manifest.bytes)
            guard !image.config.mediaType.isConfiguration || image.config.size <= ImageConfiguration.greatestSize else {
                throw failure(.protocolViolation, "the configuration is \(image.config.size) bytes long")
            }
            for blob in [image.config] + image.layers where digests.insert(blob.digest).inserted {
                found.append(blob)
            }
            return keep(manifest)
        } catch let error as ConfigurationError {
            throw failure(.protocolViolation, "\(error)")
        }
    }

    private mutating func addChild(
        _ child: Descriptor, _ depth: Int, _ get: (Digest) throws -> RemoteManifest
    ) throws {
        guard digests.insert(child.digest).inserted else { return }
        guard digests.count <= Self.greatestManifests else {
            throw failure(.protocolViolation, "more than \(Self.greatestManifests) manifests under one name")
        }
        if child.mediaType.isManifest || child.mediaType.isIndex {
            _ = try add(try check(get(child.digest), child), depth: depth + 1, get)
        } else {
            found.append(child)
        }
    }

    private func check(_ manifest: RemoteManifest, _ descriptor: Descriptor) throws -> RemoteManifest {
        guard manifest.descriptor.size == descriptor.size else {
            throw failure(
                .wrongContent,
                "manifest \(descriptor.digest) is \(manifest.descriptor.size) bytes long, not \(descriptor.size)")
        }
        return manifest
    }

    private mutating func keep(_ manifest: RemoteManifest) -> RemoteManifest {
        manifests.append(manifest)
        return manifest
    }

    private func failure(
        _ kind: RegistryClientError.Kind, _ problem: String, advice: String? = nil
    ) -> RegistryClientError {
        RegistryClientError(kind, operation, problem: problem, advice: advice)
    }
}
