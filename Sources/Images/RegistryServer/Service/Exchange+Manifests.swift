import Content
import Linux
import OCI

extension Exchange {
    /// GET and HEAD of a manifest (end-3).
    func manifest(_ reference: RegistryPath.Reference, _ repository: Repository) throws(RegistryFault)
        -> RegistryResponse
    {
        let digest = try resolve(reference, repository)
        let found = try calling { () throws(SystemError) in try repository.mediaType(ofManifest: digest) }
        guard let type = found, let size = store.content.size(of: digest) else {
            throw .manifestUnknown(digest.description)
        }
        guard Accept(request.headers["accept"]).takes(type) else {
            throw RegistryFault(
                406, .manifestUnknown, "the manifest exists, but not with a media type that the request accepts",
                detail: type.rawValue)
        }
        let headers = [("Docker-Content-Digest", digest.description), ("ETag", "\"\(digest)\"")]
        if isCurrent(digest) { return RegistryResponse(304, headers) }
        var response = RegistryResponse(200, [("Content-Type", type.rawValue)] + headers)
        response.contentLength = size
        if request.method == "GET" {
            let file = try answering { () throws(ContentError) in try store.content.open(digest) }
            response.body = .file(FilePart(file, 0..<size))
        }
        return response
    }

    private func resolve(
        _ reference: RegistryPath.Reference, _ repository: Repository
    ) throws(RegistryFault) -> Digest {
        switch reference {
        case .digest(let digest): return digest
        case .malformed(let text): throw .manifestUnknown(text)
        case .tag(let tag):
            let found = try calling { () throws(SystemError) in try repository.digest(ofTag: tag) }
            guard let found else { throw .manifestUnknown(tag) }
            return found
        }
    }

    /// PUT of a manifest (end-7): by tag, or by digest and then under any tags that `?tag=` names.
    func putManifest(_ reference: RegistryPath.Reference, _ repository: Repository) throws(RegistryFault)
        -> RegistryAction
    {
        var tags = target.values("tag")
        var digest: Digest?
        switch reference {
        case .tag(let tag): tags = [tag] + tags.filter { $0 != tag }
        case .digest(let name): digest = name
        case .malformed(let text):
            throw RegistryFault(400, .manifestInvalid, "the tag is not well-formed", detail: text)
        }
        if let tag = tags.first(where: { !ImageReference.isTag($0) }) {
            throw RegistryFault(400, .manifestInvalid, "the tag is not well-formed", detail: tag)
        }
        guard tags.count <= 64 else { throw .manifestInvalid("more than 64 tags are named at once") }
        if let length = request.contentLength, length > ImageManifest.greatestSize { throw Self.manifestTooLarge }
        return .receive(
            ManifestReceiver(self, repository, tags: tags, digest: digest, type: request.headers["content-type"]))
    }

    static var manifestTooLarge: RegistryFault {
        .tooLarge("the manifest is too large", limit: ImageManifest.greatestSize)
    }

    /// DELETE (end-9): of a tag, or of a manifest and with it of its tags.
    func deleteManifest(
        _ reference: RegistryPath.Reference, _ repository: Repository
    ) throws(RegistryFault) -> RegistryResponse {
        try requireDeletion(["GET", "HEAD", "PUT"])
        guard repository.exists else { throw .manifestUnknown(repository.name) }
        let lock = try calling { () throws(SystemError) in try repository.lock(.exclusive) }
        defer { withExtendedLifetime(lock) {} }
        switch reference {
        case .malformed(let text): throw .manifestUnknown(text)
        case .tag(let tag):
            let isRemoved = try calling { () throws(SystemError) in try repository.removeTag(tag) }
            guard isRemoved else { throw .manifestUnknown(tag) }
        case .digest(let digest):
            guard repository.hasManifest(digest) else { throw .manifestUnknown(digest.description) }
            let subject = try? ManifestDocument(
                store.content.bytes(of: digest, limit: ImageManifest.greatestSize),
                type: repository.mediaType(ofManifest: digest)
            ).subject
            try calling { () throws(SystemError) in
                // Tags first: none may be left that leads nowhere.
                for tag in try repository.tags() where try repository.digest(ofTag: tag) == digest {
                    _ = try repository.removeTag(tag)
                }
                _ = try repository.unlinkManifest(digest)
                if let subject { _ = try repository.removeReferrer(digest, of: subject.digest) }
            }
        }
        return RegistryResponse(202)
    }
}

/// Takes a manifest, and stores it with everything it means for its repository.
final class ManifestReceiver: BodyReceiver {
    let isHeld = true
    private let registry: Registry
    private let repository: Repository
    private let tags: [String]
    /// What it must be, where it was pushed by digest.
    private let digest: Digest?
    private let type: String?
    private let bytes = Collected()

    init(_ exchange: Exchange, _ repository: Repository, tags: [String], digest: Digest?, type: String?) {
        registry = exchange.registry
        self.repository = repository
        self.tags = tags
        self.digest = digest
        self.type = type
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(RegistryFault) {
        guard self.bytes.append(bytes, limit: Int(ImageManifest.greatestSize)) else {
            throw Exchange.manifestTooLarge
        }
    }

    func cut() {}

    func finish() throws(RegistryFault) -> RegistryResponse {
        let bytes = bytes.take()
        let found = Digest(digest?.algorithm ?? .sha256, of: bytes)
        if let digest, digest != found {
            throw RegistryFault(ContentError.digestMismatch(expected: digest, found: found))
        }
        let type = type.map { MediaType(String($0.prefix { $0 != ";" }.filter { $0 != " " })) }
        let document: ManifestDocument
        do throws(ConfigurationError) {
            document = try ManifestDocument(bytes, type: type)
        } catch {
            throw .manifestInvalid(error.description)
        }
        try checkListing(document, found, Int64(bytes.count))
        try store(document, bytes, found)
        var headers = [
            ("Location", "/v2/\(repository.name)/manifests/\(found)"), ("Docker-Content-Digest", found.description),
        ]
        if let subject = document.subject { headers.append(("OCI-Subject", subject.digest.description)) }
        headers += tags.map { ("OCI-Tag", $0) }
        return RegistryResponse(201, headers)
    }

    private func store(_ document: ManifestDocument, _ bytes: [UInt8], _ digest: Digest) throws(RegistryFault) {
        let store = registry.store
        // Nothing that it names goes while it is stored: neither by a collection nor by a deletion.
        let collection = try answering { () throws(ContentError) in try store.content.lock(.shared) }
        let deletion = try calling { () throws(SystemError) in try repository.lock(.shared) }
        defer { withExtendedLifetime((collection, deletion)) {} }
        try check(document)
        if repository.hasManifest(digest), store.content.contains(digest) {
            // Pushed once more, under another tag perhaps.
        } else {
            _ = try answering { () throws(ContentError) in
                try store.content.put(bytes, algorithm: digest.algorithm)
            }
        }
        try calling { () throws(SystemError) in
            if let subject = document.subject {
                try repository.addReferrer(document.descriptor(digest, Int64(bytes.count)), of: subject.digest)
            }
            if try repository.mediaType(ofManifest: digest) != document.type {
                try repository.linkManifest(digest, document.type)
            }
            for tag in tags where try repository.digest(ofTag: tag) != digest { try repository.setTag(tag, digest) }
        }
    }

    /// Makes sure that what is said of the manifest in lists of referrers leaves room there for others.
    private func checkListing(_ document: ManifestDocument, _ digest: Digest, _ size: Int64) throws(RegistryFault) {
        guard document.subject != nil else { return }
        let entry = JSONDocument.write(document.descriptor(digest, size), indented: false)
        guard entry.count <= ReferrerPage.greatestEntry else {
            throw .manifestInvalid(
                "its annotations and artifactType are too large to be listed among the referrers of its subject: at most "
                    + "\(ReferrerPage.greatestEntry) bytes are")
        }
    }

    /// Makes sure that what the manifest names is here, as long as it says.
    private func check(_ document: ManifestDocument) throws(RegistryFault) {
        guard registry.settings.requiresContent else { return }
        for descriptor in document.blobs where !ManifestDocument.isElsewhere(descriptor) {
            guard let size = repository.size(ofBlob: descriptor.digest) else {
                throw .manifestBlobUnknown(descriptor.digest)
            }
            try check(descriptor, size)
        }
        for descriptor in document.manifests {
            let size =
                repository.hasManifest(descriptor.digest)
                ? registry.store.content.size(of: descriptor.digest) : repository.size(ofBlob: descriptor.digest)
            guard let size else { throw .manifestBlobUnknown(descriptor.digest) }
            try check(descriptor, size)
        }
    }

    private func check(_ descriptor: Descriptor, _ size: Int64) throws(RegistryFault) {
        guard descriptor.size == size else {
            throw .manifestInvalid("\(descriptor.digest) is \(size) bytes long, not \(descriptor.size)")
        }
    }
}
