import OCI

extension Requirement {
    static let base: [Requirement] = [
        Requirement("end-1", "GET /v2/ answers 200") { shop in
            try shop.expect(shop.send("GET", "/v2/"), 200)
        },
        Requirement("end-1", "what is not an endpoint answers 404") { shop in
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/nothing/of/that"), 404)
        },
    ]

    static let pull: [Requirement] = [
        Requirement("end-2", "GET of a blob gives its bytes, length and digest") { shop in
            let bytes = RegistryFixture.random(2000)
            let digest = try shop.push(bytes)
            let answer = try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)"), 200)
            try shop.expect(answer.body == bytes, "other bytes came")
            try shop.expect(answer, "Content-Length", "2000")
            try shop.expect(answer, "Docker-Content-Digest", digest.description)
        },
        Requirement("end-2", "HEAD of a blob gives its length and no body") { shop in
            let digest = try shop.push(RegistryFixture.random(2000))
            let answer = try shop.expect(shop.send("HEAD", "/v2/\(shop.name)/blobs/\(digest)"), 200)
            try shop.expect(answer, "Content-Length", "2000")
            try shop.expect(answer, "Docker-Content-Digest", digest.description)
        },
        Requirement("end-2", "GET and HEAD of a blob that is absent answer 404, GET with BLOB_UNKNOWN") { shop in
            try shop.push(RegistryFixture.random(10))
            let target = "/v2/\(shop.name)/blobs/\(Digest(sha256Of: RegistryFixture.random(99)))"
            try shop.expect(shop.send("GET", target), 404, code: "BLOB_UNKNOWN")
            try shop.expect(shop.send("HEAD", target), 404)
        },
        Requirement("end-2", "a blob of one repository is not another's") { shop in
            let digest = try shop.push(RegistryFixture.random(100), to: shop.other)
            try shop.push(RegistryFixture.random(10))
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)"), 404)
        },
        Requirement("end-2", "Range: bytes=500-1499 answers 206, those bytes and Content-Range") { shop in
            try range("bytes=500-1499", 500..<1500)(shop)
        },
        Requirement("end-2", "Range: bytes=500- answers 206 and the rest") { shop in
            try range("bytes=500-", 500..<2048)(shop)
        },
        Requirement("end-2", "Range: bytes=-500 answers 206 and the last bytes") { shop in
            try range("bytes=-500", 1548..<2048)(shop)
        },
        Requirement("end-2", "a range beyond the end is cut there") { shop in
            try range("bytes=2000-5000", 2000..<2048)(shop)
        },
        Requirement("end-2", "a range that begins beyond the end answers 416") { shop in
            try range("bytes=5000-10000", nil)(shop)
        },
        Requirement("end-2", "a range that ends before it begins answers 416") { shop in
            try range("bytes=500-0", nil)(shop)
        },
        Requirement("end-2", "an empty blob can be pushed and pulled") { shop in
            let digest = try shop.push([])
            let answer = try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)"), 200)
            try shop.expect(answer.body.isEmpty, "bytes came")
            try shop.expect(answer, "Content-Length", "0")
        },
        Requirement("end-3", "GET of a manifest by tag and by digest gives its bytes, type and digest") { shop in
            let manifest = try shop.image()
            let digest = Digest(sha256Of: manifest)
            try shop.expect(shop.put(manifest, "v1"), 201)
            for reference in ["v1", digest.description] {
                let answer = try shop.expect(
                    shop.get("/v2/\(shop.name)/manifests/\(reference)", accepting: .imageManifest), 200)
                try shop.expect(answer.body == manifest, "other bytes came")
                try shop.expect(answer, "Content-Type", MediaType.imageManifest.rawValue)
                try shop.expect(answer, "Content-Length", "\(manifest.count)")
                try shop.expect(answer, "Docker-Content-Digest", digest.description)
            }
        },
        Requirement("end-3", "HEAD of a manifest gives type, length and digest, and no body") { shop in
            let manifest = try shop.image()
            try shop.expect(shop.put(manifest, "v1"), 201)
            let answer = try shop.expect(
                shop.send(
                    "HEAD", "/v2/\(shop.name)/manifests/v1", [("Accept", MediaType.imageManifest.rawValue)]), 200)
            try shop.expect(answer, "Content-Length", "\(manifest.count)")
            try shop.expect(answer, "Content-Type", MediaType.imageManifest.rawValue)
            try shop.expect(answer, "Docker-Content-Digest", Digest(sha256Of: manifest).description)
        },
        Requirement("end-3", "GET and HEAD of a manifest that is absent answer 404, GET with MANIFEST_UNKNOWN") {
            shop in
            try shop.expect(shop.put(shop.image(), "v1"), 201)
            for reference in ["v2", Digest(sha256Of: RegistryFixture.random(99)).description] {
                let target = "/v2/\(shop.name)/manifests/\(reference)"
                try shop.expect(shop.send("GET", target), 404, code: "MANIFEST_UNKNOWN")
                try shop.expect(shop.send("HEAD", target), 404)
            }
        },
        Requirement("end-3", "GET of a manifest under a name that can be no tag answers 404") { shop in
            try shop.expect(shop.put(shop.image(), "v1"), 201)
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/manifests/.INVALID_MANIFEST_NAME"), 404)
        },
        Requirement("end-3", "GET of a manifest by a digest that is none answers 400 or 404") { shop in
            try shop.expect(shop.put(shop.image(), "v1"), 201)
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/manifests/sha256:baddigeststring"), 400, 404)
        },
        Requirement("end-3", "content of an unknown repository answers 404 and errors in JSON") { shop in
            let answer = try shop.expect(shop.send("GET", "/v2/\(shop.name)/never/manifests/v1"), 404)
            let errors = try RegistryErrors(json: answer.body)
            try shop.expect(!errors.errors.isEmpty, "no errors are given")
        },
        Requirement("end-3", "a repository's name that is not well-formed is refused") { shop in
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/UPPER/manifests/v1"), 400, 404)
        },
    ]

    /// - Parameter expected: nil for 416.
    private static func range(_ header: String, _ expected: Range<Int>?) -> (RegistryFixture) throws -> Void {
        { shop in
            let bytes = RegistryFixture.random(2048)
            let digest = try shop.push(bytes)
            let answer = try shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)", [("Range", header)])
            guard let expected else {
                try shop.expect(answer, 416)
                return
            }
            try shop.expect(answer, 206)
            try shop.expect(answer.body == Array(bytes[expected]), "other bytes came")
            try shop.expect(answer, "Content-Length", "\(expected.count)")
            try shop.expect(
                answer, "Content-Range", "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/\(bytes.count)")
        }
    }
}
