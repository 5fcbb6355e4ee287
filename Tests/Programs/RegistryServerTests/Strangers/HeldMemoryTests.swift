import Glibc
import Linux
import OCI
import Testing

/// What the server must keep in memory until the other end goes on: manifests of which the last byte does not come, and answers that
/// nobody takes. Honest clients beside them, at the same address, are served, and memory stays under 200 MiB.
@Suite(.serialized) struct HeldMemoryTests {
    private static let target = "/v2/x/manifests/v1"
    private static let type = ("Content-Type", MediaType.imageManifest.rawValue)

    private func pushBeside(_ server: RegistryProcess, _ tag: String) throws {
        let shop = RegistryFixture(server.http)
        let annotations = ["large": String(repeating: "a", count: 2_000_000)]
        try shop.expect(shop.put(shop.image(), tag), 201)
        try shop.expect(shop.put(shop.image(annotations: annotations), "\(tag)-large"), 201)
        try shop.expect(shop.send("GET", "/v2/\(shop.name)/manifests/\(tag)-large"), 200)
    }

    /// All but a byte of the largest manifest there may be, on as many connections as there may be, announced or in chunks.
    @Test func halfSentManifests() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--max-connections", "400"])
        let body = [UInt8](repeating: UInt8(ascii: " "), count: Int(ImageManifest.greatestSize) - 1)
        var held: [Connection] = []
        for number in 0..<300 {
            let connection = try server.http.connect()
            if number % 2 == 0 {
                let length = ("Content-Length", "\(body.count + 1)")
                try? connection.write(HTTP.head("PUT", Self.target, [Self.type, length]) + body)
            } else {
                try? connection.write(HTTP.head("PUT", Self.target, [Self.type, ("Transfer-Encoding", "chunked")]))
                try? connection.write(Array(HTTP.chunked(body, by: 60_000).dropLast(5)))
            }
            held.append(connection)
            if number % 100 == 99 { try pushBeside(server, "v\(number)") }
        }
        #expect(server.greatestMemory < 200, "\(server.greatestMemory) MiB")
        // Whose was given up is told to come again.
        let answer = try held[0].answer(to: "PUT")
        #expect(answer.status == 503 && answer["retry-after"] != nil && answer["connection"] == "close")
        withExtendedLifetime(held) {}
    }

    /// A manifest that comes by single bytes is given up, however long its sender goes on.
    @Test func slowManifests() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--idle-timeout", "2"])
        for framing in [("Content-Length", "1000"), ("Transfer-Encoding", "chunked")] {
            let connection = try server.http.connect()
            try connection.write(HTTP.head("PUT", Self.target, [Self.type, framing]))
            let isChunked = framing.1 == "chunked"
            for _ in 0..<200 {
                guard (try? connection.write(Array((isChunked ? "1\r\n \r\n" : " ").utf8))) != nil else { break }
                if connection.hasAnswer { break }
                usleep(100_000)
            }
            let answer = try connection.answer(to: "PUT")
            #expect(answer.status == 408 && answer["connection"] == "close", "\(answer.status)")
            #expect(answer.text.contains("too slowly"), "\(answer.text)")
        }
        try pushBeside(server, "v1")
    }

    /// Large manifests that many send at once are read one after the other: read, each takes many times its bytes.
    @Test func largeManifestsAtOnce() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let http = server.http
        let members = (0..<330_000).map { "\"\(String($0, radix: 36))\":\"\"" }
        let text = "{\"schemaVersion\":2,\"annotations\":{\(members.joined(separator: ","))}}"
        let body = Array(text.utf8)
        #expect(body.count < Int(ImageManifest.greatestSize))
        var threads = Threads()
        threads.start(6) { _ in _ = try? http.send("PUT", Self.target, [Self.type], body: body) }
        for number in 0..<3 { try pushBeside(server, "v\(number)") }
        #expect(threads.join() == [])
        #expect(server.greatestMemory < 200, "\(server.greatestMemory) MiB")
    }

    /// Who asks for a list over and over and takes none of it.
    @Test func answersThatNobodyTakes() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let manifest = try shop.image()
        let digest = Digest(sha256Of: manifest)
        for round in 0..<80 {
            // As many as a request line has room for.
            let tags = (0..<30).map { "tag=\(String(repeating: "t", count: 110))\(round)-\($0)" }
            let target = "/v2/\(shop.name)/manifests/\(digest)?\(tags.joined(separator: "&"))"
            try shop.expect(shop.send("PUT", target, [Self.type], body: manifest), 201)
        }
        let list = "/v2/\(shop.name)/tags/list"
        let length = try shop.send("GET", list).body.count
        #expect(length > 200_000)
        var held: [Connection] = []
        for _ in 0..<150 {
            let connection = try server.http.connect(takesLittle: true)
            try connection.write(HTTP.head("GET", list, []) + HTTP.head("GET", list, []))
            held.append(connection)
        }
        try pushBeside(server, "v1")
        #expect(try shop.send("GET", list).body.count == length)
        // Together they would hold more than there is for them: some were given up, and the rest get theirs.
        let whole = held.count { ((try? $0.answer(to: "GET"))?.body.count ?? 0) == length }
        #expect(whole > 0 && whole < held.count, "\(whole) of \(held.count)")
        #expect(server.greatestMemory < 200, "\(server.greatestMemory) MiB")
    }

    /// Requests by the thousand before the first answer is taken end their connection; some ahead are answered in their order.
    @Test func requestsAhead() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let few = try server.http.connect()
        try few.write((0..<30).flatMap { HTTP.head("GET", $0 % 2 == 0 ? "/v2/" : "/v2/x/tags/list", []) })
        for number in 0..<30 { #expect(try few.answer(to: "GET").status == (number % 2 == 0 ? 200 : 404)) }
        let many = try server.http.connect()
        try? many.write((0..<5000).flatMap { _ in HTTP.head("GET", "/v2/", []) })
        #expect(try many.isClosedByPeer())
        try pushBeside(server, "v1")
    }

    /// Half a blob on each of many connections.
    @Test func halfSentBlobs() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let target = "/v2/x/blobs/uploads/?digest=\(Digest(sha256Of: [1]))"
        let piece = [UInt8](repeating: 7, count: 500_000)
        var held: [Connection] = []
        for _ in 0..<400 {
            let connection = try server.http.connect()
            try connection.write(HTTP.head("POST", target, [("Content-Length", "1000000")]) + piece)
            held.append(connection)
        }
        try pushBeside(server, "v1")
        #expect(server.greatestMemory < 200, "\(server.greatestMemory) MiB")
        withExtendedLifetime(held) {}
    }
}
