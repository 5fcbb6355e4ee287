import Content
import Linux
import OCI

extension Exchange {
    /// GET and HEAD of a blob (end-2), whole or in part.
    func blob(_ digest: Digest, _ repository: Repository) throws(RegistryFault) -> RegistryResponse {
        // Whoever asks whether a blob is there may be about to push a manifest that names it.
        if request.method == "HEAD", !settings.isReadOnly {
            try answering { () throws(ContentError) in try repository.refreshBlob(digest) }
        }
        guard repository.hasBlob(digest), let size = store.content.size(of: digest) else {
            throw .blobUnknown(digest)
        }
        var headers = [
            ("Docker-Content-Digest", digest.description), ("ETag", "\"\(digest)\""), ("Accept-Ranges", "bytes"),
        ]
        if isCurrent(digest) { return RegistryResponse(304, headers) }
        headers.append(("Content-Type", "application/octet-stream"))
        // A part of another content would be of no use: `If-Range` (RFC 9110, 13.1.5).
        let isRanged = request.headers["if-range"].map { $0 == "\"\(digest)\"" } ?? true
        let part: Range<Int64>
        let status: Int
        switch ByteRange(header: isRanged ? request.headers["range"] : nil, size: size) {
        case .whole: (part, status) = (0..<size, 200)
        case .part(let range):
            (part, status) = (range, 206)
            headers.append(("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound -| 1)/\(size)"))
        case .unsatisfiable: throw .rangeUnsatisfiable(size: size)
        }
        var response = RegistryResponse(status, headers)
        response.contentLength = (part.upperBound -| part.lowerBound)
        if request.method == "GET" {
            let file = try answering { () throws(ContentError) in try store.content.open(digest) }
            response.body = .file(FilePart(file, part))
        }
        return response
    }

    /// DELETE of a blob (end-10): no longer visible in this repository; its bytes go with the next collection.
    func deleteBlob(_ digest: Digest, _ repository: Repository) throws(RegistryFault) -> RegistryResponse {
        try requireDeletion(["GET", "HEAD"])
        guard repository.exists else { throw .blobUnknown(digest) }
        // Not between the look at what a manifest names and its being stored.
        let lock = try calling { () throws(SystemError) in try repository.lock(.exclusive) }
        defer { withExtendedLifetime(lock) {} }
        let isRemoved = try calling { () throws(SystemError) in try repository.unlinkBlob(digest) }
        guard isRemoved else { throw .blobUnknown(digest) }
        return RegistryResponse(202)
    }

    /// The answer to a blob that has come or was mounted.
    static func created(_ digest: Digest, _ repository: Repository) -> RegistryResponse {
        RegistryResponse(
            201,
            [
                ("Location", "/v2/\(repository.name)/blobs/\(digest)"),
                ("Docker-Content-Digest", digest.description),
            ])
    }
}
