import Linux
import OCI
import Testing

/// Numbers at the ends of their range, wherever a client may send one: each is answered, and the server goes on.
struct NumberTests {
    /// A body is announced that no limit allows, after one byte was taken: with it, the sum is beyond all numbers.
    @Test(arguments: ["9223372036854775807", "9223372036854775806", "9223372036854775808", "18446744073709551615"])
    func lengthsOfUploads(_ length: String) throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let upload = try shop.beginUpload()
        try shop.expect(shop.send("PATCH", upload, body: [1]), 202)
        let whole = "/v2/\(shop.name)/blobs/uploads/?digest=\(Digest(sha256Of: [1]))"
        for (method, target) in [
            ("PATCH", upload), ("PUT", "\(upload)?digest=\(Digest(sha256Of: [1]))"), ("POST", whole),
            ("PUT", "/v2/\(shop.name)/manifests/v1"), ("POST", "/v2/\(shop.name)/blobs/uploads/"),
        ] {
            let connection = try server.http.connect()
            try connection.write(HTTP.head(method, target, [("Content-Length", length)]))
            // What is beyond 64 bits is no HTTP either.
            #expect([400, 413].contains(try connection.answer(to: method).status), "\(method) \(target)")
        }
        // The upload is as it was, and can be ended.
        try shop.expect(shop.send("PUT", "\(upload)?digest=\(Digest(sha256Of: [1]))", body: []), 201)
    }

    @Test func rangesAndPages() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        try shop.expect(shop.put(shop.image(), "v1"), 201)
        let digest = try shop.push([1, 2, 3])
        let blob = "/v2/\(shop.name)/blobs/\(digest)"
        let greatest = "9223372036854775807"
        for (range, status) in [
            ("bytes=-\(greatest)", 206), ("bytes=0-\(greatest)", 206), ("bytes=\(greatest)-\(greatest)", 416),
            ("bytes=\(greatest)-", 416), ("bytes=2-9223372036854775808", 200), ("bytes=-9223372036854775808", 200),
        ] {
            try shop.expect(shop.send("GET", blob, [("Range", range)]), status)
        }
        for number in [greatest, "9223372036854775806"] {
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/tags/list?n=\(number)"), 200)
            try shop.expect(shop.send("GET", "/v2/_catalog?n=\(number)"), 200)
        }
        let upload = try shop.beginUpload()
        for range in ["0-9223372036854775806", "\(greatest)-\(greatest)", "0-\(greatest)", "9223372036854775806-0"] {
            try shop.expect(shop.send("PATCH", upload, [("Content-Range", range)], body: [1]), 400, 416)
        }
    }

    /// Descriptors of any size, in manifests whose content need not be there.
    @Test func sizesOfDescriptors() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--no-require-content"])
        let shop = RegistryFixture(server.http)
        let greatest = Descriptor(mediaType: .layerGzip, digest: Digest(sha256Of: [9]), size: .max)
        let manifest = ImageManifest(config: greatest, layers: [greatest, greatest], subject: greatest)
        try shop.expect(shop.put(manifest.json(), "v1"), 201)
        #expect(try shop.referrers(of: greatest.digest).list.count == 1)
        let gc = try place.shell("\(RegistryProcess.path) gc --root $place/root --grace 0 --untagged")
        #expect(gc.status == 0, "\(gc.output)")
    }

    @Test func saturation() {
        let sums: [Int64] = [.max +| 1, .min +| -1, 2 +| 3]
        let differences: [Int64] = [.min -| 1, .max -| -1, 2 -| 3]
        let products: [Int64] = [.max *| 2, .max *| -2, .min *| -1, 2 *| -3]
        let unsigned: [UInt8] = [200 +| 100, 1 -| 2, 100 *| 3]
        #expect(sums == [.max, .min, 5])
        #expect(differences == [.min, .max, -1])
        #expect(products == [.max, .min, .max, -6])
        #expect(unsigned == [255, 0, 255])
    }
}
