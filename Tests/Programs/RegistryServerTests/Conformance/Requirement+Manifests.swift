import OCI

extension Requirement {
    private static let example = MediaType("application/vnd.example.thing.v1+json")

    static let manifests: [Requirement] = [
        Requirement("end-7", "PUT of a manifest by tag answers 201 and where it is") { shop in
            let manifest = try shop.image()
            let answer = try shop.expect(shop.put(manifest, "v1"), 201)
            let found = try shop.expect(shop.get(shop.location(answer), accepting: .imageManifest), 200)
            try shop.expect(found.body == manifest, "other bytes are there")
            try shop.expect(answer, "Docker-Content-Digest", Digest(sha256Of: manifest).description)
        },
        Requirement("end-7", "PUT of a manifest by digest answers 201; it has no tag then") { shop in
            let manifest = try shop.image()
            let digest = Digest(sha256Of: manifest)
            try shop.expect(shop.put(manifest, digest.description), 201)
            try shop.expect(
                shop.get("/v2/\(shop.name)/manifests/\(digest)", accepting: .imageManifest).body == manifest,
                "other bytes are there")
        },
        Requirement("end-7", "PUT of a manifest by another's digest answers 400") { shop in
            let manifest = try shop.image()
            try shop.expect(shop.put(manifest + Array("  ".utf8), "\(Digest(sha256Of: manifest))"), 400)
        },
        Requirement("end-7", "PUT of a manifest by a digest that is none answers 400") { shop in
            try shop.expect(shop.put(shop.image(), "sha256:baddigeststring"), 400)
        },
        Requirement("end-7", "PUT of what is no manifest answers 400 and MANIFEST_INVALID") { shop in
            try shop.push([1])
            for text in ["", "{", "[]", "{}", #"{"schemaVersion":2}"#, #"{"schemaVersion":1,"name":"x"}"#] {
                try shop.expect(shop.put(Array(text.utf8), "v1"), 400, code: "MANIFEST_INVALID")
            }
        },
        Requirement("end-7", "PUT of a manifest whose layer is absent answers MANIFEST_BLOB_UNKNOWN", optional: true) {
            shop in
            let config = Array("{}".utf8)
            try shop.push(config)
            let manifest = ImageManifest(
                config: shop.descriptor(.imageConfiguration, config),
                layers: [shop.descriptor(.layerGzip, RegistryFixture.random(30))])
            let answer = try shop.expect(shop.put(manifest.json(), "v1"), 400, 404)
            let errors = try RegistryErrors(json: answer.body).errors.map(\.code)
            try shop.expect(errors.contains("MANIFEST_BLOB_UNKNOWN"), "the errors are \(errors)")
        },
        Requirement("end-7", "PUT of an index whose manifest is absent answers MANIFEST_BLOB_UNKNOWN", optional: true) {
            shop in
            try shop.push([1])
            let index = ImageIndex(manifests: [shop.descriptor(.imageManifest, RegistryFixture.random(30))])
            let answer = try shop.expect(shop.put(index.json(), "v1", type: .imageIndex), 400, 404)
            let errors = try RegistryErrors(json: answer.body).errors.map(\.code)
            try shop.expect(errors.contains("MANIFEST_BLOB_UNKNOWN"), "the errors are \(errors)")
        },
        Requirement("end-7", "a tag is moved by pushing another manifest") { shop in
            let (one, two) = (try shop.image(), try shop.image())
            try shop.expect(shop.put(one, "v1"), 201)
            try shop.expect(shop.put(two, "v1"), 201)
            try shop.expect(
                shop.get("/v2/\(shop.name)/manifests/v1", accepting: .imageManifest).body == two, "the tag did not move"
            )
            try shop.expect(
                shop.get("/v2/\(shop.name)/manifests/\(Digest(sha256Of: one))", accepting: .imageManifest), 200)
        },
        Requirement("end-7", "an index, one with none in it, and an index of indexes are kept as they are") { shop in
            let image = try shop.image()
            try shop.expect(shop.put(image, "\(Digest(sha256Of: image))"), 201)
            let inner = ImageIndex(manifests: [shop.descriptor(.imageManifest, image)]).json()
            try shop.expect(shop.put(inner, "inner", type: .imageIndex), 201)
            let outer = ImageIndex(manifests: [shop.descriptor(.imageIndex, inner)]).json()
            try shop.expect(shop.put(outer, "outer", type: .imageIndex), 201)
            let empty = Array(
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageIndex)","manifests":[]}"#.utf8)
            try shop.expect(shop.put(empty, "empty", type: .imageIndex), 201)
            for (tag, bytes) in [("inner", inner), ("outer", outer), ("empty", empty)] {
                let answer = try shop.expect(
                    shop.get("/v2/\(shop.name)/manifests/\(tag)", accepting: .imageIndex), 200)
                try shop.expect(answer.body == bytes, "\(tag) has other bytes")
                try shop.expect(answer, "Content-Type", MediaType.imageIndex.rawValue)
            }
        },
        Requirement("end-7", "members that nobody knows are kept") { shop in
            let text = String(decoding: try shop.image(), as: UTF8.self)
            let manifest = Array((#"{"org.example.custom":{"a":[1,2,null]},"# + text.dropFirst()).utf8)
            try shop.expect(shop.put(manifest, "v1"), 201)
            try shop.expect(
                shop.get("/v2/\(shop.name)/manifests/v1", accepting: .imageManifest).body == manifest,
                "other bytes came")
        },
        Requirement("end-7", "a manifest without layers is taken") { shop in
            let config = Array("{}".utf8)
            try shop.push(config)
            let manifest = Array(
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageManifest)","config":{"mediaType":"\#(MediaType.imageConfiguration)","digest":"\#(Digest(sha256Of: config))","size":2},"layers":[]}"#
                    .utf8)
            try shop.expect(shop.put(manifest, "v1"), 201)
        },
        Requirement("end-7", "an artifact is taken: its type, an empty configuration") { shop in
            try shop.expect(shop.put(shop.image(artifactType: example, configType: .empty), "thing"), 201)
        },
        Requirement("end-7", "a descriptor's data is kept") { shop in
            let config = Array("{}".utf8)
            try shop.push(config)
            var descriptor = shop.descriptor(.imageConfiguration, config)
            descriptor.data = "e30="
            let manifest = ImageManifest(config: descriptor, layers: []).json()
            try shop.expect(shop.put(manifest, "v1"), 201)
            try shop.expect(
                shop.get("/v2/\(shop.name)/manifests/v1", accepting: .imageManifest).body == manifest,
                "other bytes came")
        },
        Requirement("end-7", "layers that may not be distributed need not be pushed") { shop in
            let config = Array("{}".utf8)
            try shop.push(config)
            let type = MediaType("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
            var layer = shop.descriptor(type, RegistryFixture.random(50))
            layer.urls = ["https://store.example.com/layer"]
            try shop.expect(
                shop.put(
                    ImageManifest(config: shop.descriptor(.imageConfiguration, config), layers: [layer]).json(), "v1"),
                201)
        },
        Requirement("end-7", "a manifest of nearly 4 MiB is taken") { shop in
            let pad = String(repeating: "A", count: 10_000)
            let notes = Dictionary(uniqueKeysWithValues: (0..<390).map { ("note-\($0)", pad) })
            let manifest = try shop.image(annotations: notes)
            try shop.expect(shop.put(manifest, "large"), 201)
            try shop.expect(
                shop.get("/v2/\(shop.name)/manifests/large", accepting: .imageManifest).body == manifest,
                "other bytes came"
            )
        },
        Requirement("end-7", "a manifest beyond the limit answers 413", optional: true) { shop in
            let manifest = try shop.image(annotations: ["note": String(repeating: "A", count: 5 << 20)])
            try shop.expect(shop.put(manifest, "huge"), 413)
        },
        Requirement("end-7", "a manifest with a subject answers OCI-Subject") { shop in
            let image = try shop.image()
            try shop.expect(shop.put(image, "v1"), 201)
            let answer = try shop.expect(
                shop.put(shop.image(subject: shop.descriptor(.imageManifest, image)), "about"), 201)
            try shop.expect(answer, "OCI-Subject", Digest(sha256Of: image).description)
        },
        Requirement("end-7", "a subject need not be there") { shop in
            let absent = shop.descriptor(.imageManifest, RegistryFixture.random(40))
            let answer = try shop.expect(shop.put(shop.image(subject: absent), "about"), 201)
            try shop.expect(answer, "OCI-Subject", absent.digest.description)
        },
    ]

    static let referrers: [Requirement] = [
        Requirement("end-12a", "referrers of what nobody refers to are an empty index, and not 404") { shop in
            let found = try shop.referrers(of: Digest(sha256Of: RegistryFixture.random(20))).list
            try shop.expect(found.isEmpty, "\(found.count) are listed")
        },
        Requirement("end-12a", "a referrer is listed with its type, size, artifact type and annotations") { shop in
            let image = try shop.image()
            try shop.expect(shop.put(image, "v1"), 201)
            let about = try shop.image(
                artifactType: example, configType: .empty, subject: shop.descriptor(.imageManifest, image),
                annotations: ["org.example": "yes"])
            try shop.expect(shop.put(about, "\(Digest(sha256Of: about))"), 201)
            let found = try shop.referrers(of: Digest(sha256Of: image)).list
            try shop.expect(found.count == 1, "\(found.count) are listed")
            try shop.expect(found[0].digest == Digest(sha256Of: about), "another is listed")
            try shop.expect(found[0].mediaType == .imageManifest, "its type is \(found[0].mediaType)")
            try shop.expect(found[0].size == Int64(about.count), "its size is \(found[0].size)")
            try shop.expect(found[0].artifactType == example, "artifactType is \(found[0].artifactType as Any)")
            try shop.expect(found[0].annotations == ["org.example": "yes"], "annotations are \(found[0].annotations)")
        },
        Requirement("end-12a", "without artifactType it is the configuration's type") { shop in
            let subject = shop.descriptor(.imageManifest, RegistryFixture.random(20))
            try shop.expect(shop.put(shop.image(subject: subject), "about"), 201)
            let found = try shop.referrers(of: subject.digest).list
            try shop.expect(
                found.map(\.artifactType) == [.imageConfiguration], "artifact types are \(found.map(\.artifactType))")
        },
        Requirement("end-12a", "an index may refer, too") { shop in
            let subject = shop.descriptor(.imageManifest, RegistryFixture.random(20))
            try shop.push([1])
            let index = ImageIndex(
                artifactType: example, manifests: [], subject: subject, annotations: ["a": "b"])
            let bytes = Array(
                String(decoding: index.json(), as: UTF8.self).utf8)
            try shop.expect(shop.put(bytes, "about", type: .imageIndex), 201)
            let found = try shop.referrers(of: subject.digest).list
            try shop.expect(found.map(\.artifactType) == [example], "\(found.map(\.artifactType)) are listed")
            try shop.expect(found.map(\.annotations) == [["a": "b"]], "\(found.map(\.annotations)) are listed")
        },
        Requirement("end-12b", "?artifactType= filters, and OCI-Filters-Applied says so") { shop in
            let subject = shop.descriptor(.imageManifest, RegistryFixture.random(20))
            try shop.expect(
                shop.put(shop.image(artifactType: example, configType: .empty, subject: subject), "one"), 201)
            let other = MediaType("application/vnd.example.other")
            try shop.expect(
                shop.put(shop.image(artifactType: other, configType: .empty, subject: subject), "two"), 201)
            try shop.expect(shop.referrers(of: subject.digest).list.count == 2, "two are not listed")
            for query in [
                "?artifactType=application/vnd.example.thing.v1%2Bjson",
                "?artifactType=application%2Fvnd.example.thing.v1%2Bjson",
            ] {
                let (list, answer) = try shop.referrers(of: subject.digest, query)
                try shop.expect(list.map(\.artifactType) == [example], "\(list.map(\.artifactType)) are listed")
                try shop.expect(answer, "OCI-Filters-Applied", "artifactType")
            }
        },
        Requirement("end-12a", "a referrer that was deleted is no longer listed") { shop in
            let subject = shop.descriptor(.imageManifest, RegistryFixture.random(20))
            let about = try shop.image(subject: subject)
            try shop.expect(shop.put(about, "about"), 201)
            try shop.expect(shop.referrers(of: subject.digest).list.count == 1, "one is not listed")
            try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/manifests/\(Digest(sha256Of: about))"), 202)
            try shop.expect(shop.referrers(of: subject.digest).list.isEmpty, "one is listed still")
        },
        Requirement("end-12a", "referrers by a digest that is none answer 400") { shop in
            try shop.push([1])
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/referrers/sha256:none"), 400)
        },
    ]

    static let sha512: [Requirement] = [
        Requirement("sha512", "a blob by its sha512 digest: POST and PUT, GET, HEAD") { shop in
            let bytes = RegistryFixture.random(700)
            let digest = try shop.push(bytes, .sha512)
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)").body == bytes, "other bytes came")
            try shop.expect(
                shop.expect(shop.send("HEAD", "/v2/\(shop.name)/blobs/\(digest)"), 200), "Docker-Content-Digest",
                digest.description)
        },
        Requirement("sha512", "a blob in chunks by its sha512 digest") { shop in
            let bytes = RegistryFixture.random(2000)
            let octets = ("Content-Type", "application/octet-stream")
            var upload = try shop.beginUpload()
            for start in [0, 1000] {
                let answer = try shop.send(
                    "PATCH", upload, [octets, ("Content-Range", "\(start)-\(start + 999)")],
                    body: Array(bytes[start..<(start + 1000)]))
                upload = try shop.location(shop.expect(answer, 202))
            }
            let digest = Digest(.sha512, of: bytes)
            try shop.expect(shop.send("PUT", shop.with("digest=\(digest)", upload), [octets], body: []), 201)
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)").body == bytes, "other bytes came")
        },
        Requirement("sha512", "a blob as a stream by its sha512 digest") { shop in
            let bytes = RegistryFixture.random(2000)
            let octets = ("Content-Type", "application/octet-stream")
            let stream = try shop.expect(shop.send("PATCH", shop.beginUpload(), [octets], body: bytes), 202)
            let digest = Digest(.sha512, of: bytes)
            let answer = try shop.expect(
                shop.send("PUT", shop.with("digest=\(digest)", shop.location(stream)), [octets], body: []), 201)
            try shop.expect(shop.send("GET", shop.location(answer)).body == bytes, "other bytes came")
        },
        Requirement("sha512", "a blob in one request by its sha512 digest; with other bytes 400", optional: true) {
            shop in
            let bytes = RegistryFixture.random(500)
            let octets = ("Content-Type", "application/octet-stream")
            let target = "/v2/\(shop.name)/blobs/uploads/?digest=\(Digest(.sha512, of: bytes))"
            try shop.expect(shop.send("POST", target, [octets], body: bytes + [0]), 400, code: "DIGEST_INVALID")
            let answer = try shop.expect(shop.send("POST", target, [octets], body: bytes), 201)
            try shop.expect(shop.send("GET", shop.location(answer)).body == bytes, "other bytes came")
        },
        Requirement("sha512", "a blob is mounted by its sha512 digest, where it is and where it is not") { shop in
            let bytes = RegistryFixture.random(600)
            let digest = try shop.push(bytes, to: shop.other, .sha512)
            let answer = try shop.expect(
                shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?mount=\(digest)&from=\(shop.other)"), 201)
            try shop.expect(shop.send("GET", shop.location(answer)).body == bytes, "other bytes came")
            let absent = Digest(.sha512, of: [1, 2])
            let begun = try shop.expect(
                shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?mount=\(absent)&from=\(shop.other)"), 202)
            try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(absent)", shop.location(begun)),
                    [("Content-Type", "application/octet-stream")], body: [1, 2]), 201)
        },
        Requirement("sha512", "an index with its images, all by sha512 digests") { shop in
            let image = try shop.image(.sha512)
            try shop.expect(shop.put(image, "\(Digest(.sha512, of: image))"), 201)
            let index = ImageIndex(manifests: [shop.descriptor(.imageManifest, image, .sha512)]).json()
            let digest = Digest(.sha512, of: index)
            try shop.expect(shop.put(index, "\(digest)", type: .imageIndex), 201)
            let found = try shop.expect(shop.get("/v2/\(shop.name)/manifests/\(digest)", accepting: .imageIndex), 200)
            try shop.expect(found.body == index, "other bytes came")
            try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/manifests/\(digest)"), 202)
            try shop.expect(shop.get("/v2/\(shop.name)/manifests/\(digest)", accepting: .imageIndex), 404)
        },
        Requirement("sha512", "an upload may be begun for sha512: ?digest-algorithm=", optional: true) { shop in
            let bytes = RegistryFixture.random(70)
            let answer = try shop.expect(
                shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?digest-algorithm=sha512"), 202)
            try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(Digest(.sha512, of: bytes))", shop.location(answer)),
                    [("Content-Type", "application/octet-stream")], body: bytes), 201)
        },
        Requirement("sha512", "bytes that do not have the sha512 digest answer 400") { shop in
            try shop.expect(
                shop.send(
                    "PUT", shop.with("digest=\(Digest(.sha512, of: [1]))", shop.beginUpload()),
                    [("Content-Type", "application/octet-stream")], body: [2]), 400, code: "DIGEST_INVALID")
        },
        Requirement("sha512", "an image by its sha512 digest, with its blobs") { shop in
            let manifest = try shop.image(.sha512)
            let digest = Digest(.sha512, of: manifest)
            let answer = try shop.expect(shop.put(manifest, digest.description), 201)
            try shop.expect(answer, "Docker-Content-Digest", digest.description)
            let found = try shop.expect(
                shop.get("/v2/\(shop.name)/manifests/\(digest)", accepting: .imageManifest), 200)
            try shop.expect(found.body == manifest, "other bytes came")
            try shop.expect(found, "Docker-Content-Digest", digest.description)
        },
        Requirement(
            "sha512", "a manifest pushed by digest gets the tags that ?tag= names, and OCI-Tag says so", optional: true
        ) { shop in
            let manifest = try shop.image(.sha512)
            let digest = Digest(.sha512, of: manifest)
            let answer = try shop.expect(shop.put(manifest, "\(digest)?tag=one&tag=two"), 201)
            try shop.expect(
                answer.headers["oci-tag"] == ["one", "two"], "OCI-Tag is \(answer.headers["oci-tag"] as Any)")
            for tag in ["one", "two"] {
                let found = try shop.expect(
                    shop.get("/v2/\(shop.name)/manifests/\(tag)", accepting: .imageManifest), 200)
                try shop.expect(found, "Docker-Content-Digest", digest.description)
            }
        },
    ]
}
