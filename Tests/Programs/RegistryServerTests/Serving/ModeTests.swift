import Glibc
import Linux
import OCI
import Testing

/// What `serve` can be told, on the built program.
struct ModeTests {
    @Test func versionAndUsage() throws {
        let place = try Place()
        let version = try place.shell("\(RegistryProcess.path) --version")
        #expect(version.status == 0 && version.output.contains("isolab-registry 0.1.0"))
        #expect(try place.shell("\(RegistryProcess.path) serve --listen nowhere").status == 2)
        #expect(try place.shell("\(RegistryProcess.path) serve --tls-cert x").status == 2)
        let host = try place.shell("\(RegistryProcess.path) serve --root $place/r --host a/b")
        #expect(host.status != 0 && host.output.contains("--host 'a/b'"), "\(host.output)")
        #expect(try place.shell("\(RegistryProcess.path) gc --root $place/none").status == 1)
        let absent = try place.shell("\(RegistryProcess.path) serve --root $place/r --htpasswd $place/none")
        #expect(absent.status == 1 && absent.output.contains("none"), "\(absent.output)")
    }

    /// A port that is taken is named, with what to do; an empty value of an option does not take the next word.
    @Test func busyPort() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let second = try place.shell(
            "\(RegistryProcess.path) serve --root $place/other --listen 127.0.0.1:\(server.port)")
        #expect(second.status == 1 && second.output.contains("listen 127.0.0.1:\(server.port): "), "\(second.output)")
        #expect(second.output.contains("choose another port"), "\(second.output)")
        // Either port: nothing is announced that is not there then, and one line says which is taken.
        for (listen, metrics) in [("0", "\(server.port)"), ("\(server.port)", "0")] {
            let ports = "--listen 127.0.0.1:\(listen) --metrics 127.0.0.1:\(metrics)"
            let third = try place.shell("\(RegistryProcess.path) serve --root $place/other \(ports)")
            let lines = third.output.split(separator: "\n")
            #expect(third.status == 1 && lines.count == 1, "\(third.output)")
            #expect(lines.first?.contains("listen 127.0.0.1:\(server.port): ") == true, "\(third.output)")
        }
        let empty = try place.shell("\(RegistryProcess.path) serve --listen= --root $place/other")
        #expect(empty.status == 2 && empty.output.contains("--listen"), "\(empty.output)")
    }

    /// A read-only registry gives what it has, and refuses what would change it, with 405 in the specification's form.
    @Test func readOnly() throws {
        let place = try Place()
        let shop: RegistryFixture
        do {
            let server = try RegistryProcess(place)
            shop = RegistryFixture(server.http)
            try shop.expect(shop.put(shop.image(), "v1"), 201)
            #expect(try server.end().shellStatus == 0)
        }
        let server = try RegistryProcess(place, ["--read-only"])
        let http = server.http
        #expect(try http.send("GET", "/v2/\(shop.name)/manifests/v1").status == 200)
        for (method, target) in [
            ("POST", "/v2/\(shop.name)/blobs/uploads/"), ("PUT", "/v2/\(shop.name)/manifests/v2"),
            ("DELETE", "/v2/\(shop.name)/manifests/v1"), ("PATCH", "/v2/\(shop.name)/blobs/uploads/x"),
        ] {
            let answer = try http.send(method, target)
            #expect(answer.status == 405, "\(method) \(target)")
            if method != "PATCH" { #expect(answer["allow"] != nil) }
            #expect(try RegistryErrors(json: answer.body).errors.map(\.code) == ["UNSUPPORTED"])
        }
    }

    /// Without deletion, 405 for tags, manifests and blobs alike; pushing goes on.
    @Test func deletionSwitchedOff() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--no-delete"])
        let shop = RegistryFixture(server.http)
        let manifest = try shop.image()
        try shop.expect(shop.put(manifest, "v1"), 201)
        let digest = try shop.push([1, 2, 3])
        for target in ["manifests/v1", "manifests/\(Digest(sha256Of: manifest))", "blobs/\(digest)"] {
            try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/\(target)"), 405, code: "UNSUPPORTED")
        }
        try shop.expect(shop.send("GET", "/v2/\(shop.name)/manifests/v1"), 200)
    }

    /// `--no-require-content`: sparse images and indexes are taken.
    @Test func sparseContent() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--no-require-content"])
        let shop = RegistryFixture(server.http)
        let index = ImageIndex(manifests: [shop.descriptor(.imageManifest, [1])]).json()
        try shop.expect(shop.put(index, "sparse", type: .imageIndex), 201)
    }

    /// What a method or an Accept header asks for and is not there.
    @Test func wrongMethodsAndTypes() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        try shop.expect(shop.put(shop.image(), "v1"), 201)
        let answer = try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/tags/list"), 405, code: "UNSUPPORTED")
        #expect(answer["allow"] == "GET, HEAD")
        try shop.expect(shop.get("/v2/\(shop.name)/manifests/v1", accepting: .dockerManifest), 406)
        try shop.expect(shop.put(shop.image(), "v2", type: .imageIndex), 400, code: "MANIFEST_INVALID")
        try shop.expect(shop.put(shop.image(), ".bad"), 400)
        try shop.expect(shop.send("GET", "/v2/\(shop.name)/tags/list?n=many"), 400)
        try shop.expect(shop.send("GET", "/v2/a%2Fb/tags/list"), 400)
        try shop.expect(shop.send("GET", "/metrics"), 404)
        try shop.expect(shop.send("GET", "/healthz"), 200)
    }

    /// A client that has the content learns so, and nothing is sent.
    @Test func conditionalRequests() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let digest = try shop.push([1, 2, 3])
        let target = "/v2/\(shop.name)/blobs/\(digest)"
        let first = try shop.expect(shop.send("GET", target), 200)
        #expect(first["etag"] == "\"\(digest)\"")
        try shop.expect(shop.send("GET", target, [("If-None-Match", "\"\(digest)\"")]), 304)
        try shop.expect(shop.send("GET", target, [("If-None-Match", "\"other\"")]), 200)
        try shop.expect(shop.send("GET", target, [("Range", "bytes=1-"), ("If-Range", "\"other\"")]), 200)
        try shop.expect(shop.send("GET", target, [("Range", "bytes=1-"), ("If-Range", "\"\(digest)\"")]), 206)
    }

    /// Limits: of a blob, told beforehand and found out on the way; of uploads that hold bytes, for which the oldest goes.
    @Test func limits() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--max-blob", "1000", "--max-uploads", "2"])
        let shop = RegistryFixture(server.http)
        try shop.expect(shop.send("PATCH", shop.beginUpload(), body: RegistryFixture.random(1001)), 413)
        try shop.expect(
            shop.send(
                "PATCH", shop.beginUpload(), [("Transfer-Encoding", "chunked")],
                body: HTTP.chunked(RegistryFixture.random(3000), by: 500)), 413)
        let uploads = try (0..<3).map { _ in
            try shop.location(shop.expect(shop.send("PATCH", shop.beginUpload(), body: [1]), 202))
        }
        try shop.expect(shop.send("GET", uploads[0]), 404, code: "BLOB_UPLOAD_UNKNOWN")
        for upload in uploads[1...] { try shop.expect(shop.send("GET", upload), 204) }
        // They are counted after a restart, too.
        _ = try server.end()
        let after = try RegistryProcess(place, ["--max-uploads", "2"])
        let next = try #require(after.http.send("POST", "/v2/\(shop.name)/blobs/uploads/")["location"])
        #expect(try after.http.send("PATCH", next, body: [1]).status == 202)
        #expect(try after.http.send("GET", next).status == 204)
        #expect(try SystemFile.names(in: "\(place.path)/root/ingest").count == 2)
    }

    /// Uploads cannot be guessed, nor written to from another repository.
    @Test func uploadsBelongToTheirRepository() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let upload = try shop.beginUpload()
        let id = upload.split(separator: "/").last ?? ""
        try shop.expect(shop.send("PATCH", "/v2/\(shop.other)/blobs/uploads/\(id)", body: [1]), 404)
        let forged = upload.dropLast() + (upload.hasSuffix("0") ? "1" : "0")
        try shop.expect(shop.send("PATCH", String(forged), body: [1]), 404)
        for id in ["..", "%2e%2e", "a", "passing-x", "0-0"] {
            try shop.expect(shop.send("PATCH", "/v2/\(shop.name)/blobs/uploads/\(id)", body: [1]), 404)
        }
        try shop.expect(shop.send("PATCH", upload, body: [1]), 202)
    }

    /// Requests, bytes and the store's size, for Prometheus; on a port of their own.
    @Test func figures() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--metrics", "127.0.0.1:0"])
        let shop = RegistryFixture(server.http)
        let digest = try shop.push(RegistryFixture.random(1000))
        try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)"), 200)
        let port = try #require(server.metricsPort)
        let text = try HTTP(port: port).send("GET", "/metrics").text
        #expect(
            text.contains("isolab_registry_requests_total{endpoint=\"blob\",method=\"GET\",status=\"200\"} 1\n"),
            "\(text)")
        #expect(text.contains("isolab_registry_received_bytes_total 1000\n"))
        #expect(text.contains("isolab_registry_stored_bytes 1000\n"))
        #expect(try HTTP(port: port).send("GET", "/v2/").status == 404)
    }

    /// Scripts read the first line: it is the registry's address, whatever else is opened and whichever port opens first.
    @Test func firstLine() throws {
        let place = try Place()
        for _ in 0..<5 {
            let server = try RegistryProcess(place, ["--metrics", "127.0.0.1:0"])
            let lines = server.complaints.split(separator: "\n").filter { $0.contains("http://") }
            #expect(lines.first == "listening on http://127.0.0.1:\(server.port)", "\(lines)")
            _ = try server.end()
        }
    }

    /// A line a request, and no line that a client made.
    @Test func accessLog() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--log", "\(place.path)/log", "--log-format", "json"])
        _ = try server.http.send("GET", "/v2/%22x", [("User-Agent", "a\"b")])
        _ = try server.http.send("GET", "/v2/")
        let lines = place.read("log").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""agent":"a\"b""#) == true)
        #expect(lines.last?.contains(#""status":200"#) == true)
    }
}
