package import Content
package import OCI

extension RegistryClient {
    /// What came of a push or a copy.
    package struct Pushed: Equatable, Sendable {
        package var root: Descriptor
        /// How many manifests went along because they refer to it.
        package var referrers = 0
        /// Blobs and manifests whose bytes had to travel, and how many those were.
        package var sent: Int
        package var sentSize: Int64
    }

    /// Takes an image with everything it consists of to a registry: blobs first, manifests then, the named one last.
    ///
    /// - Parameters:
    ///   - root: a manifest or an index of the store.
    ///   - referrers: what of the store refers to a digest and is to go along.
    ///   - neighbours: for a blob, other repositories of that registry that are known to have it.
    package func push(
        _ root: Descriptor, from store: ContentStore, as reference: ImageReference,
        referrers: (Digest) -> [Descriptor] = { _ in [] },
        neighbours: @escaping @Sendable (Digest) -> [String] = { _ in [] },
        report: @escaping TransferProgress.Receiver = { _ in }
    ) throws -> Pushed {
        let operation = "push \(reference.withDefaultTag.familiar)"
        return try RegistryClientError.telling(operation) {
            var plan = TransferPlan(repository: reference.repository, operation: operation, selection: .all)
            func stored(_ descriptor: Descriptor) throws -> RemoteManifest {
                RemoteManifest(
                    descriptor: descriptor, bytes: try store.bytes(of: descriptor, limit: ImageManifest.greatestSize))
            }
            let named = try plan.add(try stored(root)) { try stored($0) }
            try plan.addReferrers(referrers) { try stored($0) }
            for blob in plan.blobs where store.size(of: blob.digest) != blob.size {
                throw RegistryClientError(
                    .unusable, operation, problem: "blob \(blob.digest) is not here",
                    advice: "pull the image again, with --all-platforms if it has several platforms")
            }
            let session = try session(for: reference.registry)
            for blob in plan.blobs { report(TransferProgress(blob, .waiting)) }
            let tally = TransferTally(report)
            try TransferPool.run(
                plan.blobs, width: options.parallelTransfers, cancellation: options.cancellation,
                open: { RegistryConnection(session, cancellation: $0) },
                body: { connection, blob in
                    try BlobUpload(
                        descriptor: blob, repository: reference.repository, neighbours: neighbours(blob.digest),
                        operation: operation, report: tally.receive
                    ).run(connection, from: store)
                })
            try put(plan.manifests, named, to: reference, session, tally, operation)
            let (sent, size) = tally.total
            return Pushed(root: root, referrers: plan.referrers.count, sent: sent, sentSize: size)
        }
    }

    /// Stores manifests by their digests, and at last the one that is named: a name never leads to what is not signed yet.
    func put(
        _ manifests: [RemoteManifest], _ named: RemoteManifest, to reference: ImageReference,
        _ session: RegistrySession, _ tally: TransferTally, _ operation: String
    ) throws {
        let connection = RegistryConnection(session)
        let scopes = [AccessScope(reference.repository, .pull, .push)]
        if let digest = reference.digest, digest != named.descriptor.digest {
            throw RegistryClientError(
                .unusable, operation, problem: "the name's digest is not the content's, \(named.descriptor.digest)")
        }
        for manifest in manifests.filter({ $0.descriptor.digest != named.descriptor.digest }) + [named] {
            let digest = manifest.descriptor.digest
            let isNamed = digest == named.descriptor.digest
            let name: ManifestName =
                isNamed && (reference.tag != nil || reference.digest == nil)
                ? .tag(reference.tag ?? ImageReference.defaultTag) : .digest(digest)
            if try connection.findManifest(reference.repository, name, scopes: scopes, operation) == digest { continue }
            try connection.putManifest(manifest, to: reference.repository, name, scopes: scopes, operation)
            tally.count(manifest.descriptor.size)
        }
    }
}
