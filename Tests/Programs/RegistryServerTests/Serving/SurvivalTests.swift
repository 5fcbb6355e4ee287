import Content
import Glibc
import Linux
import OCI
import Synchronization
import TestSupport
import Testing

@testable import RegistryServer

/// Clients and servers that end in the middle: nothing that was said to be stored is lost, and nothing half is ever seen.
struct SurvivalTests {
    /// An upload whose server is killed between two chunks is known to the next one, and can be finished.
    @Test func killedBetweenChunks() throws {
        let place = try Place()
        let bytes = RegistryFixture.random(300_000)
        var server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let upload = try shop.location(
            shop.expect(shop.send("PATCH", shop.beginUpload(), body: Array(bytes[..<200_000])), 202))
        #expect(try server.end(SIGKILL).shellStatus == 137)
        server = try RegistryProcess(place)
        let status = try server.http.send("GET", upload)
        #expect(status.status == 204 && status["range"] == "0-199999")
        let digest = Digest(sha256Of: bytes)
        let end = try server.http.send(
            "PUT", "\(upload)?digest=\(digest)", [("Content-Range", "200000-299999")], body: Array(bytes[200_000...]))
        #expect(end.status == 201, "\(end.text)")
        #expect(try server.http.send("GET", "/v2/\(shop.name)/blobs/\(digest)").body == bytes)
    }

    /// A server that is killed while a chunk comes in: the next one knows how much of it came, and the client goes on there.
    @Test func killedInAChunk() throws {
        let place = try Place()
        let bytes = RegistryFixture.random(6_000_000)
        var server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let upload = try shop.beginUpload()
        let connection = try server.http.connect()
        try connection.write(HTTP.head("PATCH", upload, [("Content-Length", "\(bytes.count)")]))
        try connection.write(Array(bytes[..<4_000_000]))
        let ingest = "\(place.path)/root/ingest/\(upload.split(separator: "/").last ?? "")"
        for _ in 0..<1000 {
            guard size(ingest) == 0 else { break }
            usleep(5000)
        }
        #expect(try server.end(SIGKILL).shellStatus == 137)
        server = try RegistryProcess(place)
        let range = try #require(server.http.send("GET", upload)["range"])
        let offset = try #require(Int(range.dropFirst(2))) + 1
        #expect((1...4_000_000).contains(offset))
        let digest = Digest(sha256Of: bytes)
        let rest = try server.http.send("PUT", "\(upload)?digest=\(digest)", body: Array(bytes[offset...]))
        #expect(rest.status == 201, "\(rest.text)")
        #expect(try server.http.send("GET", "/v2/\(shop.name)/blobs/\(digest)").body == bytes)
    }

    private func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Killed while many push: whatever was answered with 201 is there whole, and every blob of the store is what its name says.
    @Test func killedWhileManyPush() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let stored = Pushed()
        var threads = Threads()
        threads.start(4) { _ in
            while let digest = try? shop.push(RegistryFixture.random(20_000)) {
                stored.list.withLock { $0.append(digest) }
            }
        }
        try Eventually.holds("twenty are stored") { stored.list.withLock { $0.count } >= 20 }
        _ = try server.end(SIGKILL)
        _ = threads.join()
        let after = try RegistryProcess(place)
        for digest in stored.list.withLock({ $0 }) {
            #expect(try after.http.send("HEAD", "/v2/\(shop.name)/blobs/\(digest)").status == 200)
        }
        let content = try ContentStore(root: "\(place.path)/root")
        for digest in try content.digests() { try content.verify(digest) }
        #expect(try SystemFile.names(in: "\(place.path)/root/ingest").count <= 4)
    }

    private final class Pushed: Sendable {
        let list = Mutex<[Digest]>([])
    }

    /// A client that hangs up in a PATCH can go on; one that hangs up in a POST of a whole blob leaves nothing.
    @Test func clientsHangUp() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let bytes = RegistryFixture.random(2_000_000)
        let digest = Digest(sha256Of: bytes)
        let upload = try shop.beginUpload()
        do {
            let connection = try server.http.connect()
            try connection.write(HTTP.head("PATCH", upload, [("Content-Length", "\(bytes.count)")]))
            try connection.write(Array(bytes[..<1_500_000]))
            connection.endWriting()
            _ = try connection.isClosedByPeer()
        }
        do {
            let connection = try server.http.connect()
            let target = "/v2/\(shop.name)/blobs/uploads/?digest=\(digest)"
            try connection.write(HTTP.head("POST", target, [("Content-Length", "\(bytes.count)")]))
            try connection.write(Array(bytes[..<1_500_000]))
            connection.endWriting()
            _ = try connection.isClosedByPeer()
        }
        // While the first is being put away, the upload may be busy.
        var status = try shop.send("GET", upload)
        for _ in 0..<200 {
            guard status.status == 409 else { break }
            usleep(10_000)
            status = try shop.send("GET", upload)
        }
        let range = try #require(status["range"], "\(status.status) \(status.text)")
        let offset = try #require(Int(range.dropFirst(2))) + 1
        try shop.expect(shop.send("PUT", "\(upload)?digest=\(digest)", body: Array(bytes[offset...])), 201)
        #expect(try shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)").body == bytes)
        #expect(try SystemFile.names(in: "\(place.path)/root/ingest") == [])
    }

    /// SIGTERM lets an upload that is under way come to its end, and takes no more.
    @Test func gracefulEnd() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let bytes = RegistryFixture.random(100_000)
        let digest = Digest(sha256Of: bytes)
        let upload = try shop.beginUpload()
        let connection = try server.http.connect()
        try connection.write(HTTP.head("PUT", "\(upload)?digest=\(digest)", [("Content-Length", "\(bytes.count)")]))
        try connection.write(Array(bytes[..<50_000]))
        // The head is being worked on once the upload is taken.
        for _ in 0..<400 {
            guard try shop.send("GET", upload).status != 409 else { break }
            usleep(5000)
        }
        try server.process.kill(SIGTERM)
        for _ in 0..<400 {
            guard (try? server.http.connect()) != nil else { break }
            usleep(5000)
        }
        try connection.write(Array(bytes[50_000...]))
        #expect(try connection.answer(to: "PUT").status == 201)
        #expect(try server.end().shellStatus == 0)
        let after = try RegistryProcess(place)
        #expect(try after.http.send("GET", "/v2/\(shop.name)/blobs/\(digest)").body == bytes)
    }

    /// Connections on which nothing comes, or ever less, are closed; meanwhile others are served.
    @Test func slowClients() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--idle-timeout", "1"])
        let silent = try server.http.connect()
        let slow = try server.http.connect()
        try slow.write(Array("GET /v2/ HTTP/1.1\r\nHost: x\r\n".utf8))
        #expect(try server.http.send("GET", "/v2/").status == 200)
        #expect(try silent.isClosedByPeer())
        #expect(try slow.isClosedByPeer())
    }

    /// What is no HTTP, or too much of it, ends its own connection and nothing else.
    @Test func hostileRequests() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        for text in [
            "nonsense\r\n\r\n", "GET /v2/ HTTP/1.1\r\nX: \(String(repeating: "a", count: 200_000))\r\n\r\n",
            "GET /v2/ HTTP/1.1\r\n" + (0..<500).map { "X-\($0): y\r\n" }.joined() + "\r\n",
            "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nContent-Length: -5\r\n\r\n", "\0\0\0\0\u{16}\u{03}\u{01}",
        ] {
            let connection = try server.http.connect()
            try? connection.write(Array(text.utf8))
            connection.endWriting()
            #expect(try connection.isClosedByPeer(), "\(text.prefix(60))")
        }
        #expect(try server.http.send("GET", "/v2/").status == 200)
    }

    /// Uploads that nobody writes to are removed when they expire, also those of a server that is gone.
    @Test func uploadsExpire() throws {
        let place = try Place()
        let root = "\(place.path)/root"
        let registry = Registry(try RegistryStore(root: root))
        let counter = Counter(registry)
        let upload = try #require(counter.ask("POST", "/v2/a/blobs/uploads/")["location"])
        #expect(counter.ask("PATCH", upload, body: [1]).status == 202)
        let name = try #require(try SystemFile.names(in: "\(root)/ingest").first)
        registry.uploads.putAway(idleFor: 0)
        #expect(try registry.expire() == [])
        var past = [
            timespec(tv_sec: time(nil) - 25 * 3600, tv_nsec: 0), timespec(tv_sec: time(nil) - 25 * 3600, tv_nsec: 0),
        ]
        #expect(utimensat(AT_FDCWD, "\(root)/ingest/\(name)", &past, 0) == 0)
        #expect(try registry.expire() == [name])
        #expect(try SystemFile.names(in: "\(root)/ingest") == [])
    }

    /// A full disk in the middle of an upload is said (507), and leaves a store that goes on once there is room.
    @Test(.enabled(if: geteuid() == 0, "mounting a small disk needs root"))
    func fullDisk() throws {
        let place = try Place()
        try #require(place.shell("mkdir disk && mount -t tmpfs -o size=4m none disk").status == 0)
        defer { _ = try? place.shell("umount -l disk") }
        let server = try RegistryProcess(place, root: "\(place.path)/disk/root")
        let shop = RegistryFixture(server.http)
        let kept = try shop.push(RegistryFixture.random(1_000_000))
        let large = RegistryFixture.random(8_000_000)
        try shop.expect(
            shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?digest=\(Digest(sha256Of: large))", body: large), 507)
        let upload = try shop.beginUpload()
        try shop.expect(shop.send("PATCH", upload, body: large), 507)
        let status = try shop.expect(shop.send("GET", upload), 204)
        #expect(status["range"] != "0-0")
        let small = RegistryFixture.random(100_000)
        try shop.expect(
            shop.send("POST", "/v2/\(shop.name)/blobs/uploads/?digest=\(Digest(sha256Of: small))", body: small), 507)
        try shop.expect(shop.send("DELETE", upload), 204)
        try shop.expect(shop.put(shop.image(), "v1"), 201)
        #expect(try shop.send("GET", "/v2/\(shop.name)/blobs/\(kept)").body.count == 1_000_000)
        let content = try ContentStore(root: "\(place.path)/disk/root")
        for digest in try content.digests() { try content.verify(digest) }
        #expect(try SystemFile.names(in: "\(place.path)/disk/root/ingest") == [])
        #expect(try SystemFile.names(in: "\(place.path)/disk/root/aside") == [])
    }

    /// 50 clients at once, each pushing and pulling: none is lost.
    @Test func fiftyClients() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let http = server.http
        let shared = RegistryFixture.random(50_000)
        var threads = Threads()
        threads.start(50) { client in
            // One blob that all of them push, and one of its own.
            let shop = RegistryFixture(http)
            let own = RegistryFixture.random(30_000 + client)
            for bytes in [shared, own] {
                let digest = try shop.push(bytes)
                let found = try shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)")
                try shop.expect(found.body == bytes, "other bytes came")
            }
            try shop.expect(shop.put(shop.image(), "v1"), 201)
            try shop.expect(shop.send("GET", "/v2/\(shop.name)/manifests/v1"), 200)
        }
        #expect(threads.join() == [])
        #expect(try RepositoryList(json: http.send("GET", "/v2/_catalog").body).repositories.count == 50)
    }
}
