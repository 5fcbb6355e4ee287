import OCI

extension Requirement {
    private static let octets = ("Content-Type", "application/octet-stream")

    static let push: [Requirement] = [
        Requirement("end-4a", "POST answers 202 and where to go on") { shop in
            let answer = try shop.expect(shop.send("POST", "/v2/\(shop.name)/blobs/uploads/"), 202)
            let location = try shop.location(answer)
            try shop.expect(location.contains("/blobs/uploads/"), "Location is \(location)")
        },
        Requirement("end-6", "POST and PUT make a blob: 201 and where it is") { shop in
            let bytes = RegistryFixture.random(512)
            let upload = try shop.beginUpload()
            let digest = Digest(sha256Of: bytes)
            let answer = try shop.expect(
                shop.send("PUT", shop.with("digest=\(digest)", upload), [octets], body: bytes), 201)
            let found = try shop.expect(shop.send("GET", shop.location(answer)), 200)
            try shop.expect(found.body == bytes, "other bytes are there")
            try shop.expect(answer, "Docker-Content-Digest", digest.description)
        },
        Requirement("end-6", "a digest's colon may be percent-encoded") { shop in
            let bytes = RegistryFixture.random(64)
            let query = "digest=sha256%3A\(Digest(sha256Of: bytes).hexadecimal)"
            try shop.expect(shop.send("PUT", shop.with(query, shop.beginUpload()), [octets], body: bytes), 201)
        },
        Requirement("end-4b", "POST with ?digest= takes a blob whole: 201, or 202 to go on by PUT") { shop in
            let bytes = RegistryFixture.random(512)
            let digest = Digest(sha256Of: bytes)
            let answer = try shop.expect(
                shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?digest=\(digest)", [octets], body: bytes), 201, 202)
            guard answer.status == 202 else {
                try shop.expect(shop.send("GET", shop.location(answer)).body == bytes, "other bytes are there")
                return
            }
            try shop.expect(
                shop.send("PUT", shop.with("digest=\(digest)", shop.location(answer)), [octets], body: bytes), 201)
        },
        Requirement("end-4b", "POST with ?digest= is supported, not only answered with 202", optional: true) { shop in
            let bytes = RegistryFixture.random(512)
            try shop.expect(
                shop.send(
                    "POST", "/v2/\(shop.name)/blobs/uploads/?digest=\(Digest(sha256Of: bytes))", [octets], body: bytes),
                201
            )
        },
        Requirement(
            "end-4b", "POST of bytes that do not have the digest answers 400, and nothing is stored", optional: true
        ) { shop in
            let digest = Digest(sha256Of: RegistryFixture.random(9))
            try shop.expect(
                shop.send(
                    "POST", "/v2/\(shop.name)/blobs/uploads/?digest=\(digest)", [octets],
                    body: RegistryFixture.random(512)),
                400,
                code: "DIGEST_INVALID")
            try shop.expect(shop.send("HEAD", "/v2/\(shop.name)/blobs/\(digest)"), 404)
        },
        Requirement("end-6", "PUT of bytes that do not have the digest answers 400, and nothing is stored") { shop in
            let digest = Digest(sha256Of: RegistryFixture.random(9))
            try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(digest)", shop.beginUpload()), [octets],
                    body: RegistryFixture.random(512)),
                400, code: "DIGEST_INVALID")
            try shop.expect(shop.send("HEAD", "/v2/\(shop.name)/blobs/\(digest)"), 404)
        },
        Requirement("end-6", "PUT with a digest that is none answers 400 and DIGEST_INVALID") { shop in
            try shop.expect(
                shop.send("PUT", shop.with("digest=sha256:short", shop.beginUpload()), [octets], body: [1]), 400,
                code: "DIGEST_INVALID")
        },
        Requirement("end-5", "PATCH without Content-Range streams; PUT without a body ends it") { shop in
            let bytes = RegistryFixture.random(5000)
            let patch = try shop.expect(shop.send("PATCH", shop.beginUpload(), [octets], body: bytes), 202)
            let digest = Digest(sha256Of: bytes)
            let answer = try shop.expect(
                shop.send("PUT", shop.with("digest=\(digest)", shop.location(patch)), [octets], body: []), 201)
            try shop.expect(shop.send("GET", shop.location(answer)).body == bytes, "other bytes are there")
        },
        Requirement("end-5", "a stream whose digest is another answers 400, and nothing is stored") { shop in
            let patch = try shop.expect(
                shop.send("PATCH", shop.beginUpload(), [octets], body: RegistryFixture.random(500)), 202)
            let digest = Digest(sha256Of: RegistryFixture.random(9))
            try shop.expect(
                shop.send("PUT", shop.with("digest=\(digest)", shop.location(patch)), [octets], body: []), 400,
                code: "DIGEST_INVALID")
            try shop.expect(shop.send("HEAD", "/v2/\(shop.name)/blobs/\(digest)"), 404)
        },
        Requirement("end-5", "an empty blob and {} may come as a stream and at once") { shop in
            for bytes in [[], Array("{}".utf8)] {
                let digest = Digest(sha256Of: bytes)
                for isStream in [true, false] {
                    let upload = try shop.beginUpload()
                    let last =
                        isStream
                        ? try shop.location(shop.expect(shop.send("PATCH", upload, [octets], body: bytes), 202))
                        : upload
                    let answer = try shop.expect(
                        shop.send(
                            "PUT", shop.with("digest=\(digest)", last), [octets], body: isStream ? [] : bytes), 201)
                    let found = try shop.expect(shop.send("GET", shop.location(answer)), 200)
                    try shop.expect(found.body == bytes, "other bytes are there")
                    try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/blobs/\(digest)"), 202)
                }
            }
        },
        Requirement("end-5", "PATCH may come in HTTP's own chunks") { shop in
            let bytes = RegistryFixture.random(9000)
            let patch = try shop.expect(
                shop.send(
                    "PATCH", shop.beginUpload(), [octets, ("Transfer-Encoding", "chunked")],
                    body: HTTP.chunked(bytes, by: 1000)), 202)
            try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(Digest(sha256Of: bytes))", shop.location(patch)), [octets], body: []),
                201)
        },
        Requirement("end-13", "GET of an upload answers 204, its range and where to go on") { shop in
            let patch = try shop.expect(
                shop.send("PATCH", shop.beginUpload(), [octets], body: RegistryFixture.random(100)), 202)
            try shop.expect(patch, "Range", "0-99")
            let answer = try shop.expect(shop.send("GET", shop.location(patch)), 204)
            try shop.expect(answer, "Range", "0-99")
            _ = try shop.location(answer)
        },
        Requirement("end-13", "GET of an upload that never began answers 404") { shop in
            try shop.push([1])
            try shop.expect(
                shop.send("GET", "/v2/\(shop.name)/blobs/uploads/00000000-0000-4000-8000-000000000000"), 404)
        },
        Requirement("end-6", "an upload that has ended is unknown") { shop in
            let bytes = RegistryFixture.random(100)
            let upload = try shop.beginUpload()
            let target = shop.with("digest=\(Digest(sha256Of: bytes))", upload)
            try shop.expect(shop.send("PUT", target, [octets], body: bytes), 201)
            try shop.expect(shop.send("PUT", target, [octets], body: bytes), 404, code: "BLOB_UPLOAD_UNKNOWN")
        },
        Requirement("DELETE", "DELETE of an upload answers 204; then it is unknown", optional: true) { shop in
            let upload = try shop.beginUpload()
            try shop.expect(shop.send("DELETE", upload), 204)
            try shop.expect(shop.send("GET", upload), 404)
        },
        Requirement("end-11", "POST with ?mount= and from= mounts another repository's blob: 201 and where it is") {
            shop in
            let bytes = RegistryFixture.random(512)
            let digest = try shop.push(bytes, to: shop.other)
            let answer = try shop.expect(
                shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?mount=\(digest)&from=\(shop.other)"), 201)
            try shop.expect(shop.send("GET", shop.location(answer)).body == bytes, "other bytes are there")
            try shop.expect(shop.send("HEAD", "/v2/\(shop.name)/blobs/\(digest)"), 200)
        },
        Requirement("end-11", "a mount of what is not there answers 202 and begins an upload") { shop in
            let bytes = RegistryFixture.random(512)
            let digest = Digest(sha256Of: bytes)
            try shop.push(RegistryFixture.random(3), to: shop.other)
            let answer = try shop.expect(
                shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?mount=\(digest)&from=\(shop.other)"), 202)
            try shop.expect(
                shop.send("PUT", shop.with("digest=\(digest)", shop.location(answer)), [octets], body: bytes), 201)
        },
        Requirement("end-11", "a mount without from= finds the blob, or begins an upload") { shop in
            let bytes = RegistryFixture.random(512)
            let digest = try shop.push(bytes, to: shop.other)
            let answer = try shop.expect(
                shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?mount=\(digest)"), 201, 202)
            if answer.status == 202 {
                try shop.expect(
                    shop.send("PUT", shop.with("digest=\(digest)", shop.location(answer)), [octets], body: bytes), 201)
            }
            try shop.expect(shop.send("HEAD", "/v2/\(shop.name)/blobs/\(digest)"), 200)
        },
        Requirement("end-11", "automatic content discovery: a mount without from= answers 201", optional: true) {
            shop in
            let digest = try shop.push(RegistryFixture.random(512), to: shop.other)
            try shop.expect(shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?mount=\(digest)"), 201)
        },
    ]

    static let chunks: [Requirement] = [
        Requirement("end-5", "chunks in order make a blob; each answers 202, its range and where to go on") { shop in
            let bytes = RegistryFixture.random(3000)
            var upload = try shop.beginUpload()
            for start in stride(from: 0, to: 3000, by: 1000) {
                let answer = try shop.expect(patch(shop, upload, bytes, start..<(start + 1000)), 202)
                try shop.expect(answer, "Range", "0-\(start + 999)")
                upload = try shop.location(answer)
            }
            let answer = try shop.expect(
                shop.send("PUT", shop.with("digest=\(Digest(sha256Of: bytes))", upload), [octets], body: []), 201)
            try shop.expect(shop.send("GET", shop.location(answer)).body == bytes, "other bytes are there")
        },
        Requirement("end-6", "the last chunk may come with PUT") { shop in
            let bytes = RegistryFixture.random(2000)
            let upload = try shop.location(shop.expect(patch(shop, shop.beginUpload(), bytes, 0..<1000), 202))
            try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(Digest(sha256Of: bytes))", upload),
                    [octets, ("Content-Range", "1000-1999")],
                    body: Array(bytes[1000...])), 201)
        },
        Requirement("end-5", "a first chunk that does not begin at 0 answers 416") { shop in
            try shop.expect(patch(shop, shop.beginUpload(), RegistryFixture.random(200), 100..<200), 416)
        },
        Requirement("end-5", "a chunk that comes again answers 416, and the upload can be finished") { shop in
            try outOfOrder(0..<1000)(shop)
        },
        Requirement("end-5", "a chunk that leaves a gap answers 416, and the upload can be finished") { shop in
            try outOfOrder(2000..<3000)(shop)
        },
        Requirement("end-6", "a last chunk out of order answers 416, and the upload can be finished") { shop in
            let bytes = RegistryFixture.random(2000)
            let digest = Digest(sha256Of: bytes)
            let upload = try shop.location(shop.expect(patch(shop, shop.beginUpload(), bytes, 0..<1000), 202))
            try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(digest)", upload), [octets, ("Content-Range", "1500-1999")],
                    body: Array(bytes[1500...])), 416)
            let status = try shop.expect(shop.send("GET", upload), 204)
            try shop.expect(status, "Range", "0-999")
            try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(digest)", shop.location(status)),
                    [octets, ("Content-Range", "1000-1999")],
                    body: Array(bytes[1000...])), 201)
        },
        Requirement("end-5", "an upload that began with a chunk out of order says from where, and can be finished") {
            shop in
            let bytes = RegistryFixture.random(2000)
            let upload = try shop.beginUpload()
            try shop.expect(patch(shop, upload, bytes, 1000..<2000), 416)
            let status = try shop.expect(shop.send("GET", upload), 204)
            try shop.expect(status["range"]?.hasPrefix("0-") == true, "Range is \(status["range"] ?? "absent")")
            let first = try shop.expect(patch(shop, shop.location(status), bytes, 0..<1000), 202)
            let last = try shop.expect(patch(shop, shop.location(first), bytes, 1000..<2000), 202)
            let answer = try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(Digest(sha256Of: bytes))", shop.location(last)), [octets], body: []),
                201)
            try shop.expect(shop.send("GET", shop.location(answer)).body == bytes, "other bytes are there")
        },
        Requirement("end-5", "a Content-Range that is none answers 400 or 416", optional: true) { shop in
            let upload = try shop.beginUpload()
            try shop.expect(
                shop.send("PATCH", upload, [octets, ("Content-Range", "apples")], body: [1, 2, 3]), 400, 416)
        },
        Requirement("end-5", "a Content-Range that its Content-Length contradicts answers 400 or 416", optional: true) {
            shop in
            let upload = try shop.beginUpload()
            try shop.expect(
                shop.send("PATCH", upload, [octets, ("Content-Range", "0-99")], body: [1, 2, 3]), 400, 416)
        },
        Requirement("end-6", "chunks whose digest is another answer 400 and DIGEST_INVALID") { shop in
            let upload = try shop.location(
                shop.expect(patch(shop, shop.beginUpload(), RegistryFixture.random(1000), 0..<1000), 202))
            let target = shop.with("digest=\(Digest(sha256Of: [1]))", upload)
            try shop.expect(shop.send("PUT", target, [octets], body: []), 400, code: "DIGEST_INVALID")
        },
    ]

    private static func patch(
        _ shop: RegistryFixture, _ upload: String, _ bytes: [UInt8], _ range: Range<Int>
    ) throws -> Answer {
        try shop.send(
            "PATCH", upload, [octets, ("Content-Range", "\(range.lowerBound)-\(range.upperBound - 1)")],
            body: Array(bytes[range]))
    }

    /// Sends a chunk that has no place after the first thousand bytes; then the right ones.
    private static func outOfOrder(_ wrong: Range<Int>) -> (RegistryFixture) throws -> Void {
        { shop in
            let bytes = RegistryFixture.random(3000)
            let upload = try shop.location(shop.expect(patch(shop, shop.beginUpload(), bytes, 0..<1000), 202))
            try shop.expect(patch(shop, upload, bytes, wrong), 416)
            let status = try shop.expect(shop.send("GET", upload), 204)
            try shop.expect(status, "Range", "0-999")
            let rest = try shop.expect(patch(shop, shop.location(status), bytes, 1000..<3000), 202)
            try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(Digest(sha256Of: bytes))", shop.location(rest)), [octets], body: []), 201
            )
        }
    }
}
