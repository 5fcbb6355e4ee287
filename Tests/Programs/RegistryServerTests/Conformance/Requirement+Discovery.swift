import OCI

extension Requirement {
    static let discovery: [Requirement] = [
        Requirement("end-8a", "the tags of a repository are listed in lexical order") { shop in
            try pushTags(shop)
            let (tags, _) = try shop.tags()
            let byCase = tags.sorted { ($0.lowercased(), $0) < ($1.lowercased(), $1) }
            try shop.expect(Set(tags) == Set(names), "the tags are \(tags)")
            try shop.expect(tags == byCase || tags == tags.sorted(), "the order is \(tags)")
        },
        Requirement("end-8b", "n limits their number") { shop in
            try pushTags(shop)
            let (all, _) = try shop.tags()
            try shop.expect(shop.tags("?n=3").tags == Array(all.prefix(3)), "other tags came")
        },
        Requirement("end-8b", "n=0 gives an empty list and no Link") { shop in
            try pushTags(shop)
            let (tags, answer) = try shop.tags("?n=0")
            try shop.expect(tags.isEmpty, "\(tags) came")
            try shop.expect(answer["link"] == nil, "Link is there")
        },
        Requirement("end-8b", "n beyond their number gives all of them") { shop in
            try pushTags(shop)
            try shop.expect(shop.tags("?n=100").tags.count == names.count, "not all came")
        },
        Requirement("end-8b", "last begins behind a tag, with n and without") { shop in
            try pushTags(shop)
            let (all, _) = try shop.tags()
            try shop.expect(shop.tags("?n=2&last=\(all[1])").tags == Array(all[2..<4]), "other tags came with n")
            try shop.expect(shop.tags("?last=\(all[1])").tags == Array(all[2...]), "other tags came without n")
        },
        Requirement("end-8b", "Link leads from page to page, and the last page has none") { shop in
            try pushTags(shop)
            let (all, _) = try shop.tags()
            var found: [String] = []
            var query = "?n=2"
            for _ in 0..<10 {
                let (tags, answer) = try shop.tags(query)
                found += tags
                guard let link = answer["link"] else { break }
                try shop.expect(link.hasSuffix("rel=\"next\""), "Link is \(link)")
                let target = link.prefix { $0 != ">" }.dropFirst()
                query = target.firstIndex(of: "?").map { String(target[$0...]) } ?? ""
            }
            try shop.expect(found == all, "the pages hold \(found)")
        },
        Requirement("end-8a", "the tags of an unknown repository answer 404 and NAME_UNKNOWN") { shop in
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/never/tags/list"), 404, code: "NAME_UNKNOWN")
        },
        Requirement("catalog", "the repositories are listed, by n and last", optional: true) { shop in
            for name in [shop.other, shop.name] {
                try shop.expect(shop.put(shop.image(repository: name), "v1", repository: name), 201)
            }
            let all = try RepositoryList(json: shop.expect(shop.send("GET", "/v2/_catalog?n=1000"), 200).body)
            try shop.expect(all.repositories.contains(shop.name) && all.repositories.contains(shop.other), "\(all)")
            try shop.expect(all.repositories == all.repositories.sorted(), "the order is \(all.repositories)")
            let first = try shop.expect(shop.send("GET", "/v2/_catalog?n=1"), 200)
            try shop.expect(
                try RepositoryList(json: first.body).repositories == Array(all.repositories.prefix(1)),
                "other names came")
            try shop.expect(first["link"] != nil, "there is no Link")
            let next = try shop.expect(shop.send("GET", "/v2/_catalog?n=1000&last=\(all.repositories[0])"), 200)
            try shop.expect(
                try RepositoryList(json: next.body).repositories == Array(all.repositories.dropFirst()),
                "other names came")
        },
    ]

    /// In no order.
    private static let names = ["test3", "Test1", "alpha", "v1.0", "test0", "Zulu", "_under", "latest"]

    private static func pushTags(_ shop: RegistryFixture) throws {
        let manifest = try shop.image()
        for name in names { try shop.expect(shop.put(manifest, name), 201) }
    }

    static let management: [Requirement] = [
        Requirement("end-9", "DELETE of a tag answers 202; its manifest and other tags stay", optional: true) { shop in
            let manifest = try shop.image()
            try shop.expect(shop.put(manifest, "one"), 201)
            try shop.expect(shop.put(manifest, "two"), 201)
            try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/manifests/one"), 202)
            try shop.expect(shop.get("/v2/\(shop.name)/manifests/one", accepting: .imageManifest), 404)
            try shop.expect(shop.get("/v2/\(shop.name)/manifests/two", accepting: .imageManifest), 200)
            try shop.expect(
                shop.get("/v2/\(shop.name)/manifests/\(Digest(sha256Of: manifest))", accepting: .imageManifest), 200)
            try shop.expect(shop.tags().tags == ["two"], "other tags are left")
        },
        Requirement("end-9", "DELETE of a manifest answers 202; it and its tags are gone") { shop in
            let manifest = try shop.image()
            let target = "/v2/\(shop.name)/manifests/\(Digest(sha256Of: manifest))"
            try shop.expect(shop.put(manifest, "one"), 201)
            try shop.expect(shop.send("DELETE", target), 202)
            try shop.expect(shop.get(target, accepting: .imageManifest), 404)
            try shop.expect(shop.get("/v2/\(shop.name)/manifests/one", accepting: .imageManifest), 404)
            let tags = try shop.send("GET", "/v2/\(shop.name)/tags/list")
            try shop.expect(tags, 200, 404)
            if tags.status == 200 { try shop.expect(!TagList(json: tags.body).tags.contains("one"), "it is listed") }
        },
        Requirement("end-9", "DELETE of a manifest or tag that is absent answers 404", optional: true) { shop in
            try shop.expect(shop.put(shop.image(), "one"), 201)
            for reference in ["two", Digest(sha256Of: RegistryFixture.random(30)).description] {
                try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/manifests/\(reference)"), 404)
            }
        },
        Requirement("end-10", "DELETE of a blob answers 202; it is gone") { shop in
            let digest = try shop.push(RegistryFixture.random(100))
            let target = "/v2/\(shop.name)/blobs/\(digest)"
            try shop.expect(shop.send("DELETE", target), 202)
            try shop.expect(shop.send("HEAD", target), 404)
            try shop.expect(shop.send("GET", target), 404)
        },
        Requirement("end-10", "DELETE of a blob that is absent answers 404 and BLOB_UNKNOWN") { shop in
            try shop.push([1])
            try shop.expect(
                shop.send("DELETE", "/v2/\(shop.name)/blobs/\(Digest(sha256Of: RegistryFixture.random(30)))"), 404,
                code: "BLOB_UNKNOWN")
        },
        Requirement("end-10", "a blob deleted in one repository stays in another") { shop in
            let bytes = RegistryFixture.random(100)
            let digest = try shop.push(bytes)
            try shop.push(bytes, to: shop.other)
            try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/blobs/\(digest)"), 202)
            try shop.expect(shop.send("GET", "/v2/\(shop.other)/blobs/\(digest)").body == bytes, "it is gone there")
        },
        Requirement("end-10", "a blob that was deleted can be pushed again") { shop in
            let bytes = RegistryFixture.random(100)
            let digest = try shop.push(bytes)
            try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/blobs/\(digest)"), 202)
            try shop.push(bytes)
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)").body == bytes, "it is not there")
        },
    ]
}
