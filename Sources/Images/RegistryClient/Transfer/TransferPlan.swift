import Linux
import OCI

/// What a transfer moves, found out from manifests alone.
struct TransferPlan {
    /// Indexes within indexes are read this deep.
    static let greatestDepth = 4
    /// Manifests of one name at most.
    static let greatestManifests = 256
    /// Manifests that refer to those, at most.
    static let greatestReferrers = 1000
    /// Bytes of all manifests together: they are in memory until they are stored.
    static let greatestSize: Int64 = 64 << 20

    let repository: String
    let operation: String
    let selection: RegistryClient.Selection
    /// What is asked of each image before anything of it is brought.
    let admit: RegistryClient.Admission
    /// Configurations and layers, each once, the greatest first: they take longest.
    var blobs: [Descriptor] { found.sorted { $0.size > $1.size } }
    /// The manifests to store, those first that others name; what refers to them comes behind.
    private(set) var manifests: [RemoteManifest] = []
    /// Those that are there because they refer to others.
    private(set) var referrers: [Descriptor] = []
    private var found: [Descriptor] = []
    private var digests: Set<Digest> = []
    /// What indexes name.
    private var childCount = 0
    /// Bytes of the manifests.
    private var size: Int64 = 0

    init(
        repository: String, operation: String, selection: RegistryClient.Selection,
        admit: @escaping RegistryClient.Admission = { _, _ in }
    ) {
        self.repository = repository
        self.operation = operation
        self.selection = selection
        self.admit = admit
    }

    /// Takes in what a manifest names, and the manifest itself.
    ///
    /// - Returns: the manifest that was chosen.
    mutating func add(
        _ manifest: RemoteManifest, _ get: (Descriptor) throws -> RemoteManifest
    ) throws -> RemoteManifest {
        try add(manifest, selection, depth: 0, get)
    }

    /// Takes in what refers to the manifests that are in it (signatures, bills of materials), and what refers to those.
    ///
    /// - Parameter list: what is said to refer to a digest.
    mutating func addReferrers(
        _ list: (Digest) throws -> [Descriptor], _ get: (Descriptor) throws -> RemoteManifest
    ) throws {
        var place = 0
        while place < manifests.count {
            let subject = manifests[place].descriptor.digest
            place += 1
            for entry in try list(subject) where entry.mediaType.isManifest || entry.mediaType.isIndex {
                guard !digests.contains(entry.digest) else { continue }
                guard referrers.count < Self.greatestReferrers else {
                    throw failure(.protocolViolation, "more than \(Self.greatestReferrers) manifests refer to it")
                }
                let manifest: RemoteManifest
                do { manifest = try check(get(entry), entry) } catch let error as RegistryClientError
                    where error.kind == .notFound
                {
                    // Lists that clients keep outlive what is in them.
                    continue
                }
                // A list may hold anything; what it is about is in the manifest.
                guard manifest.reference?.subject == subject else { continue }
                digests.insert(entry.digest)
                _ = try add(manifest, .all, depth: 0, get)
                referrers.append(manifest.descriptor)
            }
        }
    }

    private mutating func add(
        _ manifest: RemoteManifest, _ selection: RegistryClient.Selection, depth: Int,
        _ get: (Descriptor) throws -> RemoteManifest
    ) throws -> RemoteManifest {
        guard depth < Self.greatestDepth else {
            throw failure(.protocolViolation, "indexes within indexes, more than \(Self.greatestDepth) deep")
        }
        do {
            if manifest.descriptor.mediaType.isIndex {
                let index = try ImageIndex(json: manifest.bytes)
                guard case .platform(let platform) = selection else {
                    for child in index.manifests { try addChild(child, depth, get) }
                    return try keep(manifest)
                }
                guard let chosen = index.manifest(for: platform) else { throw noImage(for: platform, index) }
                return try add(try check(get(chosen), chosen), selection, depth: depth + 1, get)
            }
            let image = try ImageManifest(json: manifest.bytes)
            guard !image.config.mediaType.isConfiguration || image.config.size <= ImageConfiguration.greatestSize else {
                throw failure(
                    .protocolViolation,
                    "the image's configuration is \(image.config.size) bytes long, and at most \(ImageConfiguration.greatestSize) are read",
                    advice: "no image needs that much: rebuild it, or choose another")
            }
            do { try admit(image, manifest.descriptor) } catch {
                throw failure(
                    .unusable, "\(error)",
                    advice: "nothing was fetched: rebuild it with fewer layers, or choose another")
            }
            for blob in [image.config] + image.layers where digests.insert(blob.digest).inserted {
                found.append(blob)
            }
            return try keep(manifest)
        } catch let error as ConfigurationError {
            throw failure(.protocolViolation, "\(error)")
        }
    }

    private func noImage(for platform: Platform, _ index: ImageIndex) -> RegistryClientError {
        guard !index.manifests.isEmpty else {
            return failure(
                .noPlatform, "the index is empty: it names no image at all",
                advice: "it was pushed like this: use another tag, or push the image again")
        }
        let names = index.manifests.compactMap { $0.platform.map { shown("\($0)") } }
        return failure(
            .noPlatform, "there is no image for \(platform)",
            advice: names.isEmpty
                ? "its images name no platform: name one of them by its digest"
                : "there are: " + names.prefix(20).joined(separator: ", "))
    }

    private mutating func addChild(
        _ child: Descriptor, _ depth: Int, _ get: (Descriptor) throws -> RemoteManifest
    ) throws {
        guard digests.insert(child.digest).inserted else { return }
        childCount += 1
        guard childCount <= Self.greatestManifests else {
            throw failure(.protocolViolation, "more than \(Self.greatestManifests) manifests under one name")
        }
        if child.mediaType.isManifest || child.mediaType.isIndex {
            _ = try add(try check(get(child), child), .all, depth: depth + 1, get)
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

    private mutating func keep(_ manifest: RemoteManifest) throws -> RemoteManifest {
        size +|= manifest.descriptor.size
        guard size <= Self.greatestSize else {
            throw failure(
                .protocolViolation, "its manifests have more than \(Self.greatestSize >> 20) MiB together",
                advice: "no image needs so much: name one of its platforms, or another tag")
        }
        manifests.append(manifest)
        return manifest
    }

    private func failure(
        _ kind: RegistryClientError.Kind, _ problem: String, advice: String? = nil
    ) -> RegistryClientError {
        RegistryClientError(kind, operation, problem: problem, advice: advice)
    }
}
