import Glibc
import Linux
import OCI
import Testing

/// Work that strangers make with few bytes: chunks of one byte by the hundred thousand, and lists that are asked for over and over by
/// who is gone before they are made. Others are served beside it, and memory stays within bounds.
@Suite(.serialized) struct CrumbFloodTests {
    private static let crumbs = Array(String(repeating: "1\r\nx\r\n", count: 20_000).utf8)

    /// Sends crumbs on many connections until it is told to end, or is refused.
    private func flood(_ http: HTTP, _ connections: Int, _ isOver: Flag, _ threads: inout Threads) {
        threads.start(connections) { _ in
            while !isOver.value {
                guard let connection = try? http.connect() else { continue }
                let target = "/v2/x/blobs/uploads/?digest=\(Digest(sha256Of: [1]))"
                try? connection.write(HTTP.head("POST", target, [("Transfer-Encoding", "chunked")]))
                while !isOver.value, (try? connection.write(Self.crumbs)) != nil {}
            }
        }
    }

    /// As fast as the line takes them, also on the connections that may have much read at once: what is kept of crumbs is their bytes.
    @Test func chunksOfOneByte() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--idle-timeout", "10"])
        let shop = RegistryFixture(server.http)
        let isOver = Flag()
        var threads = Threads()
        flood(server.http, 24, isOver, &threads)
        // Once they are under way.
        for _ in 0..<1000 {
            guard try server.processorSeconds() < 1 else { break }
            usleep(10_000)
        }
        for number in 0..<5 {
            try shop.push(RegistryFixture.random(5000))
            try shop.expect(shop.put(shop.image(), "v\(number)"), 201)
        }
        isOver.raise()
        let memory = server.greatestMemory
        _ = try server.end(SIGKILL)
        #expect(threads.join() == [])
        #expect(memory < 150, "\(memory) MiB")
    }

    /// What comes in crumbs comes whole, in its order, whatever stands between them.
    @Test func crumbsAreWhole() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let bytes = RegistryFixture.random(20_000)
            var body: [UInt8] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let size = Bool.random(using: &generator) ? Int.random(in: 1...3) : Int.random(in: 1...6000)
                let piece = rest.prefix(size)
                body += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)
                rest = rest.dropFirst(size)
            }
            body += Array("0\r\n\r\n".utf8)
            let target = "/v2/\(shop.name)/blobs/uploads/?digest=\(Digest(sha256Of: bytes))"
            let answer = try shop.send("POST", target, [("Transfer-Encoding", "chunked")], body: body)
            try shop.expect(answer, 201)
        }
    }

    /// A list that many ask for again and again, and hang up: what was asked by who is gone is not made, and lists are made by few at a
    /// time, so that neither memory nor others' requests suffer.
    @Test func listsForNobody() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let manifest = try shop.image()
        let digest = Digest(sha256Of: manifest)
        try shop.expect(shop.put(manifest, "v1"), 201)
        // As a pusher with patience makes them.
        let tags = "\(place.path)/root/repositories/\(shop.name)/_tags"
        for number in 0..<10_000 {
            let path = "\(tags)/\(String(repeating: "T", count: 100))\(number)"
            let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try SystemFile.write(Array(digest.description.utf8), to: file.number, path)
        }
        let list = HTTP.head("GET", "/v2/\(shop.name)/tags/list", [])
        let alone = try cost(of: list, server)
        var gone: [Connection] = []
        for number in 0..<100 {
            let connection = try server.http.connect()
            try connection.write((0..<60).flatMap { _ in list })
            // Of some it cannot be known whether they still read.
            if number % 2 == 0 { connection.abandon() }
            gone.append(connection)
        }
        let before = try server.processorSeconds()
        gone = []
        try shop.push([2])
        try shop.expect(shop.send("GET", "/v2/\(shop.name)/manifests/v1"), 200)
        try shop.expect(shop.send("GET", "/v2/\(shop.name)/tags/list?n=1"), 200)
        // Of six thousand lists that were asked for, few were made before an honest one.
        let lists = (try server.processorSeconds() - before) / alone
        #expect(lists < 50, "\(lists) lists of \(alone) s")
        #expect(server.greatestMemory < 150, "\(server.greatestMemory) MiB")
    }

    /// Processor seconds of one list.
    private func cost(of list: [UInt8], _ server: RegistryProcess) throws -> Double {
        let before = try server.processorSeconds()
        for _ in 0..<5 {
            let connection = try server.http.connect()
            try connection.write(list)
            _ = try connection.answer(to: "GET")
        }
        return max(0.01, (try server.processorSeconds() - before) / 5)
    }

    /// Heads that come before the first request is answered take many times their bytes when they are read: they count as held.
    @Test func headsAhead() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let digest = try shop.push([UInt8](repeating: 7, count: 4_000_000))
        let fields = (0..<95).map { ("a\($0)", "b") }
        let heads = (0..<60).flatMap { _ in HTTP.head("GET", "/v2/", fields) }
        var held: [Connection] = []
        for _ in 0..<600 {
            let connection = try server.http.connect(takesLittle: true)
            // The answer to the first is not taken.
            try? connection.write(HTTP.head("GET", "/v2/\(shop.name)/blobs/\(digest)", []) + heads)
            held.append(connection)
        }
        for number in 0..<3 { try shop.push([UInt8(number)]) }
        #expect(server.greatestMemory < 150, "\(server.greatestMemory) MiB")
        withExtendedLifetime(held) {}
    }

    /// What is in the kernel when the other side ends is read at once, asked for or not: it is not kept.
    @Test func endsWithMuchUnread() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let digest = try shop.push([UInt8](repeating: 7, count: 4_000_000))
        let rest = [UInt8](repeating: 7, count: 4_000_000)
        var held: [Connection] = []
        for _ in 0..<200 {
            let connection = try server.http.connect(takesLittle: true)
            let target = "/v2/x/blobs/uploads/?digest=\(digest)"
            // The upload behind is not read before the answer to the first is taken.
            try? connection.write(HTTP.head("GET", "/v2/\(shop.name)/blobs/\(digest)", []))
            try? connection.write(HTTP.head("POST", target, [("Content-Length", "\(rest.count)")]))
            connection.writeWithoutWaiting(rest)
            held.append(connection)
        }
        for connection in held { connection.endWriting() }
        for number in 0..<3 { try shop.push([UInt8(number)]) }
        #expect(server.greatestMemory < 150, "\(server.greatestMemory) MiB")
        withExtendedLifetime(held) {}
    }
}
