import OCI

/// What a path names (OCI distribution specification 1.1, "Endpoints").
///
/// Repositories have slashes in their names, and may even be called `tags` or `blobs`: a path is read from its end.
enum RegistryPath: Equatable, Sendable {
    /// `/v2/` (end-1)
    case base
    /// `/v2/_catalog`: every registry has it, the specification does not.
    case catalog
    /// `/v2/<name>/blobs/<digest>` (end-2, end-10)
    case blob(repository: String, Digest)
    /// `/v2/<name>/manifests/<reference>` (end-3, end-7, end-9)
    case manifest(repository: String, Reference)
    /// `/v2/<name>/blobs/uploads/` (end-4a, end-4b, end-11)
    case uploads(repository: String)
    /// `/v2/<name>/blobs/uploads/<id>` (end-5, end-6, end-13, and DELETE, which gives an upload up)
    case upload(repository: String, id: String)
    /// `/v2/<name>/tags/list` (end-8a, end-8b)
    case tags(repository: String)
    /// `/v2/<name>/referrers/<digest>` (end-12a, end-12b)
    case referrers(repository: String, Digest)

    /// What names a manifest.
    enum Reference: Equatable, Sendable {
        case tag(String)
        case digest(Digest)
        /// Neither: nothing can be stored under it, so nothing is found.
        case malformed(String)

        init(_ text: String) throws(RegistryFault) {
            if text.utf8.contains(UInt8(ascii: ":")) {
                guard let digest = Digest(text) else { throw .digestInvalid(text) }
                self = .digest(digest)
            } else {
                self = ImageReference.isTag(text) ? .tag(text) : .malformed(text)
            }
        }
    }

    init(_ path: [String]) throws(RegistryFault) {
        guard path.first == "v2" else { throw .noEndpoint }
        var parts = path.dropFirst()
        if parts.isEmpty || parts.elementsEqual([""]) {
            self = .base
            return
        }
        if parts.elementsEqual(["_catalog"]) {
            self = .catalog
            return
        }
        func last(_ count: Int) -> [String] { Array(parts.suffix(count)) }
        /// The name is what stands before.
        func repository(before count: Int) throws(RegistryFault) -> String {
            let name = parts.dropLast(count).joined(separator: "/")
            guard ImageReference.isRepository(name) else { throw .nameInvalid(name) }
            return name
        }
        func digest(_ text: String) throws(RegistryFault) -> Digest {
            guard let digest = Digest(text) else { throw .digestInvalid(text) }
            return digest
        }
        // With or without the slash at its end.
        if last(3) == ["blobs", "uploads", ""] { parts = parts.dropLast() }
        let end = last(3)
        guard end.count == 3 else { throw .noEndpoint }
        switch (end[0], end[1], end[2]) {
        case (_, "blobs", "uploads"): self = .uploads(repository: try repository(before: 2))
        case ("blobs", "uploads", let id): self = .upload(repository: try repository(before: 3), id: id)
        case (_, "tags", "list"): self = .tags(repository: try repository(before: 2))
        case (_, "blobs", let name): self = .blob(repository: try repository(before: 2), try digest(name))
        case (_, "manifests", let name): self = .manifest(repository: try repository(before: 2), try Reference(name))
        case (_, "referrers", let name): self = .referrers(repository: try repository(before: 2), try digest(name))
        default: throw .noEndpoint
        }
    }

    /// The repository it is about.
    var repository: String? {
        switch self {
        case .base, .catalog: nil
        case .blob(let name, _), .manifest(let name, _), .uploads(let name), .upload(let name, _), .tags(let name),
            .referrers(let name, _):
            name
        }
    }

    /// What it answers to besides OPTIONS, for the header `Allow`.
    var methods: [String] {
        switch self {
        case .base, .catalog, .tags, .referrers: ["GET", "HEAD"]
        case .blob: ["GET", "HEAD", "DELETE"]
        case .manifest: ["GET", "HEAD", "PUT", "DELETE"]
        case .uploads: ["POST"]
        case .upload: ["GET", "HEAD", "PATCH", "PUT", "DELETE"]
        }
    }
}
