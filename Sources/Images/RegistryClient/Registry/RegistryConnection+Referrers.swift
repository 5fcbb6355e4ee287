import OCI

/// Who refers to a manifest (distribution specification 1.1, "Listing Referrers" and "Pushing Manifests with Subject").
extension RegistryConnection {
    /// Pages that are read of one subject at most.
    private static let greatestPages = 100
    /// Referrers of one subject at most.
    static let greatestReferrers = 1000

    /// The manifests that refer to a subject: by the registry's API or, where it has none, under the tag that clients keep in its
    /// place.
    func referrers(of subject: Digest, _ repository: String, _ operation: String) throws -> [Descriptor] {
        let scopes = [AccessScope(repository, .pull)]
        var found: [Descriptor] = []
        var visited: Set<HTTPAddress> = []
        var address = address(repository, "referrers/\(subject)")
        while true {
            guard visited.insert(address).inserted, visited.count <= Self.greatestPages,
                found.count <= Self.greatestReferrers
            else {
                throw RegistryClientError(
                    .hostile, operation, at: address,
                    problem: "the list of what refers to \(subject.short) has no end")
            }
            var request = HTTPRequest(.get, address)
            request.set("Accept", MediaType.imageIndex.rawValue)
            request.greatestDuration = session.options.limits.document
            let response = try send(request, for: scopes, operation, statuses: [200, 404])
            let type = response.head.value("content-type")?.prefix { $0 != ";" }.filter { !$0.isWhitespace }
            guard response.status == 200, type?.lowercased() == MediaType.imageIndex.rawValue else {
                // Without the API, whatever a registry has at that address: 404, or a page for people.
                guard found.isEmpty else { return found }
                return try taggedReferrers(of: subject, repository, scopes: scopes, operation)?.manifests ?? []
            }
            do throws(ConfigurationError) { found += try ImageIndex(json: response.body).manifests } catch {
                throw RegistryClientError(.protocolViolation, operation, at: address, problem: "\(error)")
            }
            guard let link = LinkHeader.next(response.head.values("link")) else { return found }
            guard let next = response.address.resolving(link), next.hasSameOrigin(as: session.base) else {
                throw RegistryClientError(
                    .hostile, operation, at: address, problem: "the next page is on another server: '\(shown(link))'"
                )
            }
            address = next
        }
    }

    /// The tag under which clients list the referrers of a subject ("Referrers Tag Schema").
    static func referrersTag(of subject: Digest) -> ManifestName {
        .tag("\(subject.algorithm)-\(subject.hexadecimal.prefix(64))")
    }

    /// The list under that tag; nil where there is none.
    private func taggedReferrers(
        of subject: Digest, _ repository: String, scopes: [AccessScope], _ operation: String
    ) throws -> ImageIndex? {
        let name = Self.referrersTag(of: subject)
        let found: RemoteManifest
        do {
            found = try manifest(repository, name, scopes: scopes, operation)
        } catch let error as RegistryClientError where error.kind == .notFound {
            return nil
        }
        guard found.descriptor.mediaType.isIndex else {
            throw RegistryClientError(
                .protocolViolation, operation,
                problem: "\(repository):\(name), which lists what refers to \(subject.short), is not an index")
        }
        do throws(ConfigurationError) { return try ImageIndex(json: found.bytes) } catch {
            throw RegistryClientError(.protocolViolation, operation, problem: "\(repository):\(name): \(error)")
        }
    }

    /// Lists a manifest that was stored among the referrers of its subject, where the registry does not do it by itself.
    func list(
        _ manifest: RemoteManifest, in repository: String, scopes: [AccessScope], _ operation: String
    ) throws {
        guard let (subject, entry) = manifest.reference else { return }
        var index =
            try taggedReferrers(of: subject, repository, scopes: scopes, operation) ?? ImageIndex(manifests: [])
        guard !index.manifests.contains(where: { $0.digest == entry.digest }) else { return }
        index.mediaType = .imageIndex
        index.manifests.append(entry)
        let bytes = index.json()
        guard bytes.count <= ImageManifest.greatestSize else {
            throw RegistryClientError(
                .unusable, operation, problem: "more refers to \(subject.short) than one list can hold")
        }
        var request = HTTPRequest(.put, address(repository, "manifests/\(Self.referrersTag(of: subject))"))
        request.set("Content-Type", MediaType.imageIndex.rawValue)
        request.body = .bytes(bytes)
        request.greatestDuration = session.options.limits.document
        _ = try send(request, for: scopes, operation, statuses: [200, 201, 202])
    }
}

extension RemoteManifest {
    /// What it says something about, and how it is listed among the referrers of that; nil where it speaks of nothing.
    var reference: (subject: Digest, entry: Descriptor)? {
        var entry = Descriptor(
            mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size)
        if descriptor.mediaType.isIndex {
            guard let index = try? ImageIndex(json: bytes), let subject = index.subject else { return nil }
            entry.artifactType = index.artifactType
            entry.annotations = index.annotations
            return (subject.digest, entry)
        }
        guard let manifest = try? ImageManifest(json: bytes), let subject = manifest.subject else { return nil }
        entry.artifactType = manifest.artifactType ?? manifest.config.mediaType
        entry.annotations = manifest.annotations
        return (subject.digest, entry)
    }
}
