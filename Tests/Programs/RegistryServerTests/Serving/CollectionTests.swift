import Glibc
import Linux
import OCI
import Testing

/// `isolab-registry gc`, beside a server and alone.
struct CollectionTests {
    private func collect(_ place: Place, _ options: String) throws -> String {
        let result = try place.shell("\(RegistryProcess.path) gc --root $place/root \(options)")
        try #require(result.status == 0, "\(result.output)")
        return result.output
    }

    /// What no manifest names goes; images, indexes and what they name stay.
    @Test func removesWhatNothingNames() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let image = try shop.image()
        try shop.expect(shop.put(image, "v1"), 201)
        let orphan = try shop.push(RegistryFixture.random(5000))
        let target = "/v2/\(shop.name)/blobs/\(orphan)"
        #expect(try collect(place, "--grace 3600").contains("removed 0 blobs"))
        #expect(try collect(place, "--grace 0 --dry-run").contains("would remove blob \(orphan) from \(shop.name)"))
        try shop.expect(shop.send("HEAD", target), 200)
        #expect(try collect(place, "--grace 0").contains("removed 1 blobs, 5000 bytes"))
        try shop.expect(shop.send("HEAD", target), 404)
        #expect(!SystemFile.exists("\(place.path)/root/blobs/sha256/\(orphan.hexadecimal)"))
        for blob in try ImageManifest(json: image).layers {
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(blob.digest)"), 200)
        }
        // It can be pushed again.
        try shop.expect(shop.put(shop.image(), "v2"), 201)
    }

    /// An image that was deleted goes with its blobs, but not with those another repository has.
    @Test func removesWhatWasDeleted() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let image = try shop.image()
        try shop.expect(shop.put(image, "v1"), 201)
        let layer = try #require(try ImageManifest(json: image).layers.first).digest
        let config = try ImageManifest(json: image).config.digest
        for digest in [layer, config] {
            try shop.expect(
                shop.send("POST", "/v2/\(shop.other)/blobs/uploads/?mount=\(digest)&from=\(shop.name)"), 201)
        }
        try shop.expect(shop.put(image, "v1", repository: shop.other), 201)
        try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/manifests/\(Digest(sha256Of: image))"), 202)
        _ = try collect(place, "--grace 0")
        try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(layer)"), 404)
        try shop.expect(shop.send("GET", "/v2/\(shop.other)/blobs/\(layer)"), 200)
        try shop.expect(shop.send("DELETE", "/v2/\(shop.other)/manifests/\(Digest(sha256Of: image))"), 202)
        _ = try collect(place, "--grace 0")
        #expect(try SystemFile.names(in: "\(place.path)/root/blobs/sha256") == [])
    }

    /// Manifests without a tag stay unless it is asked for; those of an index and those with a subject stay even then.
    @Test func untaggedManifests() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let (child, old, about) = (
            try shop.image(), try shop.image(), try shop.image(subject: shop.descriptor(.imageManifest, [1]))
        )
        for manifest in [child, old, about] {
            try shop.expect(shop.put(manifest, "\(Digest(sha256Of: manifest))"), 201)
        }
        try shop.expect(
            shop.put(ImageIndex(manifests: [shop.descriptor(.imageManifest, child)]).json(), "v1", type: .imageIndex),
            201)
        func statuses() throws -> [Int] {
            try [child, old, about].map {
                try shop.send("GET", "/v2/\(shop.name)/manifests/\(Digest(sha256Of: $0))").status
            }
        }
        _ = try collect(place, "--grace 0")
        #expect(try statuses() == [200, 200, 200])
        _ = try collect(place, "--grace 0 --untagged")
        #expect(try statuses() == [200, 404, 200])
    }

    /// A manifest that cannot be read names nobody knows what: its repository is left alone, and that is said.
    @Test func damagedManifests() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let image = try shop.image()
        try shop.expect(shop.put(image, "v1"), 201)
        let digest = Digest(sha256Of: image)
        _ = try place.shell("echo damaged > root/blobs/sha256/\(digest.hexadecimal)")
        #expect(try collect(place, "--grace 0").contains("left \(shop.name) alone: its manifest \(digest)"))
        for blob in try ImageManifest(json: image).layers {
            try shop.expect(shop.send("HEAD", "/v2/\(shop.name)/blobs/\(blob.digest)"), 200)
        }
    }

    /// A server that was told to collects by itself.
    @Test func byTheServer() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--collect-every", "1", "--grace", "0"])
        let shop = RegistryFixture(server.http)
        let orphan = try shop.push(RegistryFixture.random(100))
        var status = 200
        for _ in 0..<600 {
            guard status == 200 else { break }
            usleep(50_000)
            status = try shop.send("HEAD", "/v2/\(shop.name)/blobs/\(orphan)").status
        }
        #expect(status == 404)
    }

    /// Collections beside pushes: with a time of grace no push loses what it counts on.
    @Test func besidePushes() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let http = server.http
        var threads = Threads()
        threads.start(3) { _ in
            let shop = RegistryFixture(http)
            for number in 0..<15 {
                try shop.expect(shop.put(shop.image(), "v\(number)"), 201)
                try shop.expect(shop.send("GET", "/v2/\(shop.name)/manifests/v\(number)"), 200)
            }
        }
        threads.start(1) { _ in
            for _ in 0..<8 { _ = try collect(place, "--grace 3600 --untagged") }
        }
        #expect(threads.join() == [])
    }
}
