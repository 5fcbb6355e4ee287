import Content
import Linux
package import OCI

extension RegistryStore {
    /// What a collection removed, or would remove.
    package struct Collected: Sendable {
        /// Manifests without tag, by repository.
        package var manifests: [(repository: String, Digest)] = []
        /// Blobs that no manifest of their repository names.
        package var links: [(repository: String, Digest)] = []
        /// Manifests that cannot be read, and why: nothing of their repositories was removed.
        package var damaged: [(repository: String, Digest, String)] = []
        /// Blobs that no repository had any more.
        package var blobs: [Digest] = []
        /// Their bytes.
        package var size: Int64 = 0
        package var isDryRun = false

        package var lines: [String] {
            let verb = isDryRun ? "would remove" : "removed"
            return manifests.map { "\(verb) manifest \($0.1) of \($0.repository)" }
                + links.map { "\(verb) blob \($0.1) from \($0.repository)" }
                + damaged.map { "left \($0.repository) alone: its manifest \($0.1) cannot be read: \($0.2)" }
                + (isDryRun ? [] : ["removed \(blobs.count) blobs, \(size) bytes"])
        }
    }

    /// Removes what nothing names. A server may go on meanwhile: it waits only while a repository is looked at.
    ///
    /// - Parameters:
    ///   - grace: seconds; what was pushed, mounted or asked for within it stays.
    ///   - untagged: also manifests without a tag, that no index names and that have no subject.
    package func collect(grace: Int, untagged: Bool = false, isDryRun: Bool = false) throws -> Collected {
        var result = Collected()
        result.isDryRun = isDryRun
        // Nobody pushes, mounts or links while the store is locked: what is found unused then is unused.
        try cleanAside(olderThan: 3600)
        func mark() throws -> Set<Digest> {
            var kept: Set<Digest> = []
            for repository in try repositories(where: { _ in true }) {
                kept.formUnion(try sweep(repository, grace, untagged, &result))
            }
            return isDryRun ? Set(try content.digests()) : kept
        }
        let collection = try content.collect(sparing: grace, orElse: { $0 as any Error }, marking: mark)
        result.blobs = collection.digests
        result.size = collection.size
        return result
    }

    /// - Returns: what stays in the repository, blobs and manifests.
    private func sweep(
        _ repository: Repository, _ grace: Int, _ untagged: Bool, _ result: inout Collected
    ) throws -> Set<Digest> {
        var documents: [Digest: ManifestDocument] = [:]
        let manifests = try repository.manifests()
        for digest in manifests {
            do {
                documents[digest] = try ManifestDocument(
                    content.bytes(of: digest, limit: ImageManifest.greatestSize),
                    type: repository.mediaType(ofManifest: digest))
            } catch {
                // Who knows what it named.
                result.damaged.append((repository.name, digest, "\(error)"))
                return Set(manifests + (try repository.blobs()))
            }
        }
        if untagged {
            for digest in try orphans(repository, documents, grace) {
                result.manifests.append((repository.name, digest))
                guard !result.isDryRun else { continue }
                _ = try repository.unlinkManifest(digest)
                documents[digest] = nil
            }
        }
        var kept = Set(try repository.manifests())
        let named = Set(documents.values.flatMap { $0.blobs + $0.manifests }.map(\.digest))
        for digest in try repository.blobs() {
            if named.contains(digest) || (repository.age(ofBlob: digest) ?? 0) < grace {
                kept.insert(digest)
            } else {
                result.links.append((repository.name, digest))
                if !result.isDryRun { _ = try repository.unlinkBlob(digest) }
            }
        }
        return kept
    }

    /// Manifests that nobody can come by except by their digest.
    private func orphans(
        _ repository: Repository, _ documents: [Digest: ManifestDocument], _ grace: Int
    ) throws -> [Digest] {
        var reached: Set<Digest> = []
        var open: [Digest] = []
        for tag in try repository.tags() { if let digest = try repository.digest(ofTag: tag) { open.append(digest) } }
        open += documents.filter { $0.value.subject != nil }.keys
        open += documents.keys.filter { (repository.age(ofManifest: $0) ?? 0) < grace }
        while let digest = open.popLast() {
            guard reached.insert(digest).inserted else { continue }
            open += documents[digest]?.manifests.map(\.digest) ?? []
        }
        return documents.keys.filter { !reached.contains($0) }.sorted { $0.description < $1.description }
    }
}
