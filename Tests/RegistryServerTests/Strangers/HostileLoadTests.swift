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
            let shop = Workshop(http)
            for round in 0..<15 {
                let bytes = Workshop.random(20_000 + 997 * client + round)
                let digest = try Self.patiently { try shop.push(bytes) }
                let found = try shop.send("GET", "/v2/\(shop.name)/blobs/\(digest)")
                try shop.expect(found.body == bytes, "other bytes came: \(found.status)")
                try shop.expect(shop.put(Self.patiently { try shop.image() }, "v\(round)"), 201)
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

    /// As clients do where they are told to come again (429): all here are of one address, whose uploads are counted together.
    private static func patiently<Result>(_ body: () throws -> Result) throws -> Result {
        for _ in 0..<400 {
            do { return try body() } catch let unmet as Unmet {
                guard unmet.description.contains("429") else { throw unmet }
                usleep(25_000)
            }
        }
        return try body()
    }

    private enum Attack: CaseIterable {
        case silence, halfHeads, hugeLengths, emptyUploads, crumbs, nonsense, lists

        var width: Int { self == .emptyUploads ? 1 : 2 }
        var pause: UInt32 { [.silence, .halfHeads, .emptyUploads].contains(self) ? 200_000 : 50_000 }

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
                // Ended at last, so that the others of this address get on: how many there may be has a test of its own.
                let begun = try (0..<20).map { _ in try http.send("POST", "/v2/x/blobs/uploads/") }
                for one in begun { if let place = one["location"] { _ = try http.send("DELETE", place) } }
            case .crumbs:
                let connection = try http.connect()
                let target = "/v2/x/blobs/uploads/?digest=\(Digest(sha256Of: [1]))"
                try connection.write(HTTP.head("POST", target, [("Transfer-Encoding", "chunked")]))
                for _ in 0..<50 { try connection.write(Array("1\r\n7\r\n".utf8)) }
            case .nonsense:
                let connection = try http.connect()
                try connection.write(Workshop.random(2000))
                usleep(5000)
            case .lists:
                for target in ["/v2/_catalog?n=9223372036854775807", "/v2/x/referrers/\(Digest(sha256Of: [1]))"] {
                    _ = try http.send("GET", target)
                }
            }
        }
    }
}
