import Glibc
import Linux
import OCI
import Synchronization
import Testing

/// Connections that are opened and not used, and bodies that nobody wants.
struct ConnectionTests {
    /// More connections than there may be, on which nothing comes, or half a head: others are answered, and what is under way ends.
    @Test func silentConnections() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--max-connections", "32"])
        let shop = RegistryFixture(server.http)
        let bytes = RegistryFixture.random(100_000)
        let digest = Digest(sha256Of: bytes)
        let upload = try shop.beginUpload()
        let honest = try server.http.connect()
        try honest.write(HTTP.head("PUT", "\(upload)?digest=\(digest)", [("Content-Length", "\(bytes.count)")]))
        try honest.write(Array(bytes[..<50_000]))
        // The head is being worked on once the upload is taken.
        for _ in 0..<400 {
            guard try shop.send("GET", upload).status != 409 else { break }
            usleep(5000)
        }
        var silent: [Connection] = []
        for number in 0..<200 {
            let connection = try server.http.connect()
            if number % 2 == 0 { try connection.write(Array("GET /v2/ HTTP/1.1\r\nHost: localhost\r\n".utf8)) }
            silent.append(connection)
            if number % 20 == 0 {
                try shop.expect(shop.send("GET", "/healthz"), 200)
                try shop.expect(shop.send("GET", "/v2/"), 200)
            }
        }
        #expect(try silent[0].isClosedByPeer())
        try honest.write(Array(bytes[50_000...]))
        #expect(try honest.answer(to: "PUT").status == 201)
        #expect(try shop.push([1, 2, 3]) == Digest(sha256Of: [1, 2, 3]))
        withExtendedLifetime(silent) {}
    }

    /// Those that asked for something large and take nothing of it are in nobody's way either.
    @Test func connectionsThatTakeNothing() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--max-connections", "32"])
        let shop = RegistryFixture(server.http)
        let digest = try shop.push([UInt8](repeating: 7, count: 30_000_000))
        var stalled: [Connection] = []
        for _ in 0..<60 {
            let connection = try server.http.connect()
            try connection.write(HTTP.head("GET", "/v2/\(shop.name)/blobs/\(digest)", []))
            stalled.append(connection)
        }
        for _ in 0..<5 { try shop.expect(shop.send("GET", "/v2/"), 200) }
        try shop.push([1])
        withExtendedLifetime(stalled) {}
    }

    /// A body that goes on for ever after the request was refused is not read for ever; the refusal comes at once, and is told.
    @Test(arguments: [[("Content-Length", "1000000000000")], [("Transfer-Encoding", "chunked")]])
    func unwantedBodies(_ framing: [(String, String)]) throws {
        let place = try Place()
        let users = try place.write(
            "ana:$2y$04$A.CQhs7lvtG.fPD2/QFcD.ST1E4tPxfElqFyRPb4KWva0hgV/VjfC\n", to: "users")
        let server = try RegistryProcess(place, ["--htpasswd", users])
        let target = "/v2/a/blobs/uploads/?digest=\(Digest(sha256Of: [1]))"
        let connection = try server.http.connect()
        try connection.write(HTTP.head("POST", target, framing))
        let answer = try connection.answer(to: "POST")
        #expect(answer.status == 401 && answer["connection"] == "close")
        let isChunked = framing[0].0 == "Transfer-Encoding"
        let piece = HTTP.chunked([UInt8](repeating: 0, count: 65_536), by: 65_536).dropLast(isChunked ? 5 : 0)
        let limit = 256 << 20
        #expect(connection.flood(Array(piece), atMost: limit) < limit)
        // A small rest is passed over, and the client may send its next request.
        let next = try server.http.connect()
        try next.write(HTTP.head("POST", target, [("Content-Length", "3")]) + [1, 2, 3])
        #expect(try next.answer(to: "POST").status == 401)
        #expect(try server.http.send("GET", "/healthz").status == 200)
    }

    /// Bodies that come in crumbs take no more memory than their bytes.
    @Test func crumbs() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let http = server.http
        var threads = Threads()
        threads.start(8) { _ in
            let shop = RegistryFixture(http)
            let bytes = RegistryFixture.random(40_000)
            let digest = Digest(sha256Of: bytes)
            let connection = try http.connect()
            let target = "/v2/\(shop.name)/blobs/uploads/?digest=\(digest)"
            try connection.write(HTTP.head("POST", target, [("Transfer-Encoding", "chunked")]))
            // A chunk of one byte each, in writes of a hundred.
            var rest = bytes[...]
            while !rest.isEmpty {
                try connection.write(rest.prefix(100).flatMap { Array("1\r\n".utf8) + [$0] + Array("\r\n".utf8) })
                rest = rest.dropFirst(100)
            }
            try connection.write(Array("0\r\n\r\n".utf8))
            try shop.expect(connection.answer(to: "POST"), 201)
        }
        #expect(threads.join() == [])
        #expect(server.greatestMemory < 150, "\(server.greatestMemory) MiB")
    }
}
