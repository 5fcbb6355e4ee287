import Glibc
import Linux
import OCI
import Synchronization
import Testing

/// Hostile clients beside honest ones, all from one address: no honest push or pull fails, and memory stays within bounds. What it
/// costs the honest in speed is measured by `Benchmarks/registry-under-attack`.
struct HostileLoadTests {
    @Test func honestClientsAreServed() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--max-uploads-of-one", "64"])
        let http = server.http
        try RegistryFixture(http).push(Attack.large, to: "x")
        let isOver = Flag()
        var hostile = Threads()
        for attack in Attack.allCases {
            hostile.start(attack.width) { _ in
                while !isOver.value {
                    try? attack.strike(http)
                    // Bounded: each connection keeps a port of this machine's for a minute.
                    usleep(attack.pause)
                }
            }
        }
        var honest = Threads()
        honest.start(4) { client in
            let shop = RegistryFixture(http)
            for round in 0..<15 {
                let bytes = RegistryFixture.random(20_000 + 997 * client + round)
                let digest = try shop.push(bytes)
                let found = try shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)")
                try shop.expect(found.body == bytes, "other bytes came: \(found.status)")
                try shop.expect(shop.put(shop.image(), "v\(round)"), 201)
                try shop.expect(shop.send("GET", "/v2/\(shop.name)/manifests/v\(round)"), 200)
            }
        }
        let failures = honest.join()
        isOver.raise()
        _ = hostile.join()
        #expect(failures == [])
        #expect(try http.send("GET", "/healthz").status == 200)
        #expect(server.greatestMemory < 200, "\(server.greatestMemory) MiB")
    }

    private enum Attack: CaseIterable {
        case silence, halfHeads, hugeLengths, emptyUploads, smallUploads, halfManifests, untakenAnswers, crumbs,
            crumbFlood, nonsense, lists, listsAhead, headsAhead, mounts

        var width: Int {
            switch self {
            case .emptyUploads, .smallUploads, .halfManifests, .crumbFlood, .listsAhead, .headsAhead: 1
            default: 2
            }
        }
        var pause: UInt32 {
            switch self {
            case .silence, .halfHeads, .emptyUploads, .crumbFlood, .listsAhead, .headsAhead: 200_000
            default: 50_000
            }
        }

        /// What is asked for and not taken: small enough to be in memory whole.
        static let large = [UInt8](repeating: 7, count: 60_000)
        private static let untaken = Digest(sha256Of: large)

        func strike(_ http: HTTP) throws {
            switch self {
            case .silence, .halfHeads:
                let connections = try (0..<20).map { _ in try http.connect() }
                if self == .halfHeads { for one in connections { try one.write(Array("GET /v2/ HT".utf8)) } }
                usleep(100_000)
            case .hugeLengths:
                for length in ["9223372036854775807", "18446744073709551615"] {
                    _ = try http.send("POST", "/v2/x/blobs/uploads/", [("Content-Length", length)])
                }
            case .emptyUploads:
                let connection = try http.connect()
                for _ in 0..<40 {
                    try connection.write(HTTP.head("POST", "/v2/x/blobs/uploads/", []))
                    _ = try connection.answer(to: "POST")
                }
            case .smallUploads:
                for _ in 0..<10 {
                    let place = try http.send("POST", "/v2/x/blobs/uploads/")["location"]
                    if let place { _ = try http.send("PATCH", place, body: [1]) }
                }
            case .halfManifests:
                // More than all of them may hold together, and no more of the line than a stranger's.
                let connections = try (0..<8).map { _ in try http.connect() }
                let size = Int(ImageManifest.greatestSize)
                let type = ("Content-Type", MediaType.imageManifest.rawValue)
                let head = HTTP.head("PUT", "/v2/x/manifests/v1", [type, ("Content-Length", "\(size)")])
                for one in connections {
                    try? one.write(head + [UInt8](repeating: UInt8(ascii: " "), count: size - 1))
                }
                sleep(2)
            case .untakenAnswers:
                let connections = try (0..<40).map { _ in try http.connect(takesLittle: true) }
                let request = HTTP.head("GET", "/v2/x/blobs/\(Self.untaken)", [])
                for one in connections { try one.write(request + request + request) }
                sleep(2)
            case .crumbs:
                let connection = try http.connect()
                let target = "/v2/x/blobs/uploads/?digest=\(Digest(sha256Of: [1]))"
                try connection.write(HTTP.head("POST", target, [("Transfer-Encoding", "chunked")]))
                for _ in 0..<50 { try connection.write(Array("1\r\n7\r\n".utf8)) }
            case .crumbFlood:
                let connection = try http.connect()
                let target = "/v2/x/blobs/uploads/?digest=\(Digest(sha256Of: [1]))"
                try connection.write(HTTP.head("POST", target, [("Transfer-Encoding", "chunked")]))
                try connection.write(Array(String(repeating: "1\r\nx\r\n", count: 20_000).utf8))
            case .listsAhead, .headsAhead:
                let connection = try http.connect(takesLittle: true)
                let target = self == .listsAhead ? "/v2/_catalog" : "/v2/x/blobs/\(Self.untaken)"
                let fields = self == .listsAhead ? [] : (0..<90).map { ("a\($0)", "b") }
                try connection.write((0..<50).flatMap { _ in HTTP.head("GET", target, fields) })
                connection.abandon()
            case .nonsense:
                let connection = try http.connect()
                try connection.write(RegistryFixture.random(2000))
                usleep(5000)
            case .lists:
                for target in ["/v2/_catalog?n=9223372036854775807", "/v2/x/referrers/\(Digest(sha256Of: [1]))"] {
                    _ = try http.send("GET", target)
                }
            case .mounts:
                // Of what somewhere is, and of what nowhere is.
                for digest in [Self.untaken, Digest(sha256Of: [2])] {
                    _ = try http.send("POST", "/v2/y/blobs/uploads/?mount=\(digest)")
                }
            }
        }
    }
}
