import OCI

/// A manifest or an index as a registry gave it: the bytes count, not what they mean.
struct RemoteManifest: Sendable {
    /// Media type, digest and size of the bytes.
    var descriptor: Descriptor
    var bytes: [UInt8]
}

extension RegistryConnection {
    /// What is asked for by name: every form that is read here.
    private static let acceptedTypes = [
        MediaType.imageIndex, .dockerManifestList, .imageManifest, .dockerManifest,
    ]

    /// Gets the manifest of a tag or a digest, verified: by the digest asked for, else by the one the registry says.
    func manifest(
        _ repository: String, _ reference: ManifestName, scopes: [AccessScope]? = nil, _ operation: String
    ) throws -> RemoteManifest {
        let request = manifestRequest(.get, repository, reference)
        let response = try send(
            request, for: scopes ?? [AccessScope(repository, .pull)], operation,
            accept: { head in
                if let length = head.contentLength, length > ImageManifest.greatestSize {
                    throw RegistryClientError(
                        .protocolViolation, operation, at: request.address,
                        problem: "the manifest is \(length) bytes long; at most \(ImageManifest.greatestSize) are read")
                }
                return nil
            })
        func violation(_ kind: RegistryClientError.Kind, _ problem: String) -> RegistryClientError {
            RegistryClientError(kind, operation, at: response.address, problem: problem)
        }
        guard response.body.count <= ImageManifest.greatestSize else {
            throw violation(.protocolViolation, "the manifest is greater than \(ImageManifest.greatestSize >> 20) MiB")
        }
        let digest = try check(response, reference.digest, violation)
        let type = try Self.mediaType(of: response, violation)
        return RemoteManifest(
            descriptor: Descriptor(mediaType: type, digest: digest, size: Int64(response.body.count)),
            bytes: response.body)
    }

    /// The digest of the bytes, by what was asked for or what the registry says it is.
    private func check(
        _ response: HTTPResponse, _ expected: Digest?,
        _ violation: (RegistryClientError.Kind, String) -> RegistryClientError
    ) throws -> Digest {
        if let expected {
            let found = Digest(expected.algorithm, of: response.body)
            guard found == expected else {
                throw violation(.wrongContent, "the registry sent another manifest: its digest is \(found)")
            }
            return expected
        }
        guard let said = response.head.value("docker-content-digest") else { return Digest(of: response.body) }
        guard let digest = Digest(said) else {
            throw violation(.protocolViolation, "'\(shown(said))' is not a digest")
        }
        let found = Digest(digest.algorithm, of: response.body)
        guard found == digest else {
            throw violation(
                .wrongContent, "the registry says the manifest is \(digest), but what it sent is \(found)")
        }
        return digest
    }

    /// The document's own media type, which must be the field's where both are given: a document that is one thing to one reader
    /// and another to the next could be anything (CVE-2021-41190).
    private static func mediaType(
        of response: HTTPResponse, _ violation: (RegistryClientError.Kind, String) -> RegistryClientError
    ) throws -> MediaType {
        let field = response.head.value("content-type").map { text in
            MediaType(text.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased())
        }
        let tree: JSONTree
        do throws(ConfigurationError) {
            tree = try JSONTree(json: response.body, document: "manifest")
        } catch {
            throw violation(.protocolViolation, "\(error); check that the address is a registry's")
        }
        guard tree.members != nil else {
            throw violation(
                .protocolViolation,
                "the answer is JSON but not an object, so it is not a manifest; check that the address is a registry's")
        }
        guard case .number("2")? = tree["schemaVersion"] else {
            throw violation(
                .unusable, "the manifest is of another schema version than 2, the only one that is read")
        }
        let own = tree["mediaType"]?.string.map { MediaType($0) }
        if let own, let field, own != field, field.isManifest || field.isIndex {
            throw violation(
                .protocolViolation, "the manifest calls itself \(shown(own.rawValue)), the registry \(field)")
        }
        guard let type = own ?? field, type.isManifest || type.isIndex else {
            let name = (own ?? field).map { shown($0.rawValue) } ?? "nothing"
            throw violation(.unusable, "\(name) is neither an image's manifest nor an index")
        }
        return type
    }

    /// Whether a manifest is there, and which.
    ///
    /// - Returns: nil where it is not.
    func findManifest(
        _ repository: String, _ reference: ManifestName, scopes: [AccessScope], _ operation: String
    ) throws -> Digest? {
        let response = try send(
            manifestRequest(.head, repository, reference), for: scopes, operation, statuses: [200, 404])
        guard response.status == 200 else { return nil }
        return reference.digest ?? response.head.value("docker-content-digest").flatMap { Digest($0) }
    }

    /// Stores a manifest under a tag or its digest, and lists it among the referrers of its subject where it has one.
    ///
    /// - Throws: where the registry says it stored another.
    func putManifest(
        _ manifest: RemoteManifest, to repository: String, _ reference: ManifestName, scopes: [AccessScope],
        _ operation: String
    ) throws {
        let descriptor = manifest.descriptor
        var request = HTTPRequest(.put, address(repository, "manifests/\(reference)"))
        request.set("Content-Type", descriptor.mediaType.rawValue)
        request.body = .bytes(manifest.bytes)
        request.greatestDuration = session.options.limits.document
        let response = try send(request, for: scopes, operation, statuses: [200, 201, 202])
        if let said = response.head.value("docker-content-digest").flatMap({ Digest($0) }),
            said.algorithm == descriptor.digest.algorithm, said != descriptor.digest
        {
            throw RegistryClientError(
                .wrongContent, operation, at: response.address,
                problem: "the registry stored \(said) in place of \(descriptor.digest)")
        }
        // A registry that lists referrers says so; one that does not leaves it to its clients.
        if response.head.value("oci-subject") == nil {
            try list(manifest, in: repository, scopes: scopes, operation)
        }
    }

    /// Removes a tag, or a manifest with all its tags.
    func deleteManifest(_ repository: String, _ reference: ManifestName, _ operation: String) throws {
        let request = HTTPRequest(.delete, address(repository, "manifests/\(reference)"))
        _ = try send(request, for: [AccessScope(repository, .pull, .delete)], operation, statuses: [200, 202])
    }

    private func manifestRequest(
        _ method: HTTPRequest.Method, _ repository: String, _ reference: ManifestName
    ) -> HTTPRequest {
        var request = HTTPRequest(method, address(repository, "manifests/\(reference)"))
        request.set("Accept", Self.acceptedTypes.map(\.rawValue).joined(separator: ", "))
        request.greatestDuration = session.options.limits.document
        return request
    }
}

/// How a manifest is asked for.
enum ManifestName: Equatable, Sendable, CustomStringConvertible {
    case tag(String)
    case digest(Digest)

    /// The digest where a reference has one, which then decides; else its tag, else `latest`.
    init(_ reference: ImageReference) {
        self = reference.digest.map { .digest($0) } ?? .tag(reference.tag ?? ImageReference.defaultTag)
    }

    var digest: Digest? { if case .digest(let digest) = self { digest } else { nil } }

    var description: String {
        switch self {
        case .tag(let tag): tag
        case .digest(let digest): digest.description
        }
    }
}
