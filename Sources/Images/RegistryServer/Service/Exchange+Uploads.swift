import Content
import Linux
import OCI

extension Exchange {
    /// POST (end-4a, end-4b, end-11): begins an upload, takes a blob whole, or mounts one of another repository's.
    func beginUpload(_ repository: Repository) throws(RegistryFault) -> RegistryAction {
        if let name = target.value("mount") {
            guard let digest = Digest(name) else { throw .digestInvalid(name) }
            if let response = try mount(digest, repository) { return .answer(response) }
        }
        var digest: Digest?
        if let name = target.value("digest") {
            digest = Digest(name)
            guard digest != nil else { throw .digestInvalid(name) }
        }
        var algorithm = digest?.algorithm ?? .sha256
        if let name = target.value("digest-algorithm") {
            guard let known = Digest.Algorithm(rawValue: name) else {
                throw .uploadInvalid("only sha256 and sha512 digests are supported")
            }
            algorithm = digest?.algorithm ?? known
        }
        try checkLength(request.contentLength ?? 0)
        // With a digest and no bytes the client means the empty blob, or to send the bytes later.
        if let digest, !request.isBodyless || digest == Digest(digest.algorithm, of: []) {
            return .receive(
                UploadReceiver(
                    registry.uploads.begin(repository.name, algorithm, for: request.client), self, repository,
                    .whole(digest)))
        }
        let upload = registry.uploads.begin(repository.name, algorithm, for: request.client)
        defer { upload.release() }
        return .answer(Self.progress(202, upload, repository))
    }

    /// Nil where the blob cannot be had from there: the client is to upload it.
    private func mount(_ digest: Digest, _ repository: Repository) throws(RegistryFault) -> RegistryResponse? {
        let source: Repository?
        if let from = target.value("from") {
            guard ImageReference.isRepository(from) else { throw .nameInvalid(from) }
            source = store.repository(from)
        } else {
            source = try holder(of: digest, besides: repository)
        }
        guard let source else { return nil }
        // Not while a collection looks what is linked; and what was found before may be gone by now.
        let lock = try answering { () throws(ContentError) in try store.content.lock(.shared) }
        defer { withExtendedLifetime(lock) {} }
        guard source.hasBlob(digest), store.content.contains(digest) else { return nil }
        try calling { () throws(SystemError) in try repository.linkBlob(digest) }
        return Self.created(digest, repository)
    }

    /// "Automatic content discovery": every repository may be read by whoever may read this one. The search may be long: no lock is held
    /// meanwhile.
    private func holder(of digest: Digest, besides repository: Repository) throws(RegistryFault) -> Repository? {
        // What nobody pushed needs no search, however many repositories there are.
        guard store.content.contains(digest) else { return nil }
        if repository.hasBlob(digest) { return repository }
        return try calling { () throws(SystemError) in
            try store.firstRepository { $0.hasBlob(digest) }
        }
    }

    /// PATCH (end-5): a chunk in its place, or a stream.
    func patchUpload(_ id: String, _ repository: Repository) throws(RegistryFault) -> RegistryAction {
        let upload = try registry.uploads.claim(id, repository.name, for: request.client)
        let place = try keeping(upload) { () throws(RegistryFault) -> ChunkRange? in try chunk(upload, repository) }
        return .receive(UploadReceiver(upload, self, repository, .part(place)))
    }

    /// PUT (end-6): the last chunk, or none, and what all of it is.
    func putUpload(_ id: String, _ repository: Repository) throws(RegistryFault) -> RegistryAction {
        guard let name = target.value("digest") else {
            throw .digestInvalid("an upload ends with the digest of its content: ?digest=")
        }
        guard let digest = Digest(name) else { throw .digestInvalid(name) }
        let upload = try registry.uploads.claim(id, repository.name, for: request.client)
        let place = try keeping(upload) { () throws(RegistryFault) -> ChunkRange? in try chunk(upload, repository) }
        return .receive(UploadReceiver(upload, self, repository, .last(digest, place)))
    }

    /// GET (end-13): how far an upload is.
    func upload(_ id: String, _ repository: Repository) throws(RegistryFault) -> RegistryResponse {
        let upload = try registry.uploads.claim(id, repository.name, for: request.client)
        defer { upload.release() }
        return Self.progress(204, upload, repository)
    }

    /// DELETE: gives an upload up.
    func deleteUpload(_ id: String, _ repository: Repository) throws(RegistryFault) -> RegistryResponse {
        try registry.uploads.claim(id, repository.name, for: request.client).abandon()
        return RegistryResponse(204)
    }

    private func keeping<Result>(
        _ upload: Upload, _ body: () throws(RegistryFault) -> Result
    ) throws(RegistryFault) -> Result {
        do throws(RegistryFault) {
            return try body()
        } catch {
            upload.release()
            throw error
        }
    }

    /// Where the body belongs, by its header; nil: wherever the upload is.
    private func chunk(_ upload: Upload, _ repository: Repository) throws(RegistryFault) -> ChunkRange? {
        try checkLength(upload.size +| (request.contentLength ?? 0))
        guard let header = request.headers["content-range"] else { return nil }
        guard let chunk = ChunkRange(header) else {
            throw .uploadInvalid("Content-Range is not <first byte>-<last byte>")
        }
        guard chunk.first == upload.size else {
            var fault = RegistryFault(
                416, .blobUploadInvalid, "the chunk does not begin where the last one ended",
                detail: "\(upload.size) bytes are here")
            fault.headers = Self.progress(416, upload, repository).headers
            throw fault
        }
        if let length = request.contentLength, length != chunk.count {
            throw .sizeInvalid("Content-Range and Content-Length do not agree")
        }
        return chunk
    }

    private func checkLength(_ length: Int64) throws(RegistryFault) {
        if length > settings.greatestBlob { throw .tooLarge("the blob is too large", limit: settings.greatestBlob) }
    }

    /// How far an upload is, and where it goes on. Of none, the range is `0-0`, as every registry says it.
    static func progress(_ status: Int, _ upload: Upload, _ repository: Repository) -> RegistryResponse {
        RegistryResponse(
            status,
            [
                ("Location", "/v2/\(repository.name)/blobs/uploads/\(upload.id)"),
                ("Range", "0-\(max(0, upload.size -| 1))"), ("Docker-Upload-UUID", upload.id),
            ])
    }
}

/// Takes the bytes of an upload.
final class UploadReceiver: BodyReceiver {
    enum Kind: Sendable {
        /// A blob in one request: nothing of it stays if it does not come whole.
        case whole(Digest)
        case part(ChunkRange?)
        case last(Digest, ChunkRange?)
    }

    let isHeld = false
    private let upload: Upload
    private let registry: Registry
    private let repository: Repository
    private let kind: Kind
    /// The upload's size before this body.
    private let start: Int64

    init(_ upload: Upload, _ exchange: Exchange, _ repository: Repository, _ kind: Kind) {
        self.upload = upload
        registry = exchange.registry
        self.repository = repository
        self.kind = kind
        start = upload.size
    }

    private var chunk: ChunkRange? {
        switch kind {
        case .whole: nil
        case .part(let chunk), .last(_, let chunk): chunk
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(RegistryFault) {
        let size = upload.size +| Int64(bytes.count)
        if let chunk, size > chunk.last +| 1 { throw .sizeInvalid("more bytes were received than Content-Range says") }
        let limit = registry.settings.greatestBlob
        if size > limit { throw .tooLarge("the blob is too large", limit: limit) }
        try upload.write(bytes)
    }

    func finish() throws(RegistryFault) -> RegistryResponse {
        // What is not over then stays for the next request; of a blob that was to come whole nothing does.
        defer { cut() }
        if let chunk, upload.size != chunk.last +| 1 {
            throw .sizeInvalid("fewer bytes were received than Content-Range says")
        }
        switch kind {
        case .part: return Exchange.progress(202, upload, repository)
        case .whole(let digest), .last(let digest, _): return try commit(digest)
        }
    }

    private func commit(_ digest: Digest) throws(RegistryFault) -> RegistryResponse {
        // Not while a collection looks what is linked: the blob is linked before it looks again.
        let lock = try answering { () throws(ContentError) in try registry.store.content.lock(.shared) }
        defer { withExtendedLifetime(lock) {} }
        try upload.commit(digest)
        try calling { () throws(SystemError) in try repository.linkBlob(digest) }
        return Exchange.created(digest, repository)
    }

    func cut() {
        if case .whole = kind { upload.abandon() } else { upload.release() }
    }
}
