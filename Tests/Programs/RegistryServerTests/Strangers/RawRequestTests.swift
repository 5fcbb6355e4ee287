import Glibc
import Linux
import OCI
import Testing

/// Requests as bytes: what RFC 9112 wants refused is refused, on the wire, and what it wants taken is taken. What stands behind a
/// refused head is never taken for a request.
struct RawRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var statuses: [Int]
        /// Whether the connection ends with it.
        var isLast: Bool
        var testDescription: String { "\(text.debugDescription.prefix(100)) \(statuses)" }

        init(_ text: String, _ statuses: Int..., isLast: Bool? = nil) {
            self.text = text
            self.statuses = statuses
            self.isLast = isLast ?? statuses.allSatisfy { [400, 414, 431, 501, 505].contains($0) }
        }
    }

    private static let post = "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: localhost\r\n"

    private static let put = "PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: localhost\r\n"

    static let cases = [
        // The host (3.2).
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        Case("GET /v2/ HTTP/1.1\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.0\r\n\r\n", 200),
        // What ends with its answer (RFC 9112, 9.3), whatever stands behind it.
        Case("GET /v2/ HTTP/1.0\r\n\r\nnonsense\r\n\r\n", 200, isLast: true),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: Close\r\n\r\nnonsense\r\n\r\n", 200, isLast: true),
        // Another protocol (RFC 9110, 7.8).
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 200, isLast: true),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost:evil\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost:5000@evil.example\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost, evil.example\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: local host\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        // The target (3.2.2): an address goes before the header.
        Case("GET http://localhost/v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        Case("GET HTTP://LOCALHOST:5000/v2/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200),
        Case("GET http://evil.example/v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421),
        Case("GET http://localhost:evil/v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        Case("GET http://localhost@evil.example/v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        Case("GET http:///v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        Case("GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        Case("GET http://localhost/v2/_catalog?n=x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, isLast: false),
        Case("GET ftp://localhost/v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        Case("GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        // How long a body is (6).
        Case(post + "Content-Length: 0\r\n\r\n", 202),
        Case(post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 202),
        Case(post + "transfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n", 202),
        Case(post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, 501),
        Case(post + "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n", 400, 501),
        Case(post + "Transfer-Encoding: x chunked\r\n\r\n0\r\n\r\n", 400, 501),
        Case(post + "Transfer-Encoding: identity\r\n\r\n", 400, 501),
        Case(post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, 501),
        Case(post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400, 501),
        Case(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, 501),
        Case(post + "Transfer-Encoding: \u{0B}chunked\r\n\r\n0\r\n\r\n", 400, 501),
        Case(post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        Case(post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
        Case(post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Case("POST /v2/a/blobs/uploads/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Case(post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
        Case(post + "Content-Length: 0\r\nContent-Length: 5\r\n\r\nxxxxx", 400),
        Case(post + "Content-Length: 0, 0\r\n\r\n", 400),
        Case(post + "Content-Length: +1\r\n\r\nx", 400),
        Case(post + "Content-Length: -1\r\n\r\n", 400),
        Case(post + "Content-Length: 0x1\r\n\r\nx", 400),
        Case(post + "Content-Length: 1 1\r\n\r\nx", 400),
        Case(post + "Content-Length: \r\n\r\n", 400),
        // Chunks (7.1).
        Case(put + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n", 400),
        Case(put + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", 400),
        Case(put + "Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n", 400),
        Case(put + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx\r\n", 400),
        // Lines (2.2, 5.1, 5.2).
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nA : b\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\n Host: localhost\r\nHost: localhost\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nA: b\rc\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nA: b\u{0}c\r\n\r\n", 400),
        Case("GET /v2/ HTTP/1.1\nHost: localhost\n\n", 400),
        Case("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nA: b\nB: c\r\n\r\n", 400),
        Case("GET /v2/ HTTP/2.0\r\nHost: localhost\r\n\r\n", 400, 505),
        Case("GET /v2/ HTTP/1.9\r\nHost: localhost\r\n\r\n", 400, 505),
        Case("GET /v2/\r\nHost: localhost\r\n\r\n", 400, 505),
        Case("GET  /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, 400),
        Case("GET /v2/ x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        Case("get /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, 405),
        Case("GET /v2/\u{0} HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        Case("GET /\(String(repeating: "a", count: 5000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, isLast: false),
        Case("GET /\(String(repeating: "a", count: 40_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        Case("GET / HTTP/1.1\r\nHost: localhost\r\nA: \(String(repeating: "a", count: 40_000))\r\n\r\n", 431),
        Case("CONNECT localhost:5000 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, 405, 501),
    ]

    /// One server for all: none of them ends it.
    @Test func answers() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        for one in Self.cases {
            let connection = try server.http.connect()
            // What would be smuggled: taken for a request, it would begin an upload and be answered.
            let behind = one.isLast ? Self.post + "Content-Length: 0\r\n\r\n" : ""
            try? connection.write(Array((one.text + behind).utf8))
            connection.endWriting()
            let answers = try connection.statuses()
            #expect(one.statuses.contains(answers.first ?? 0), "\(one.testDescription): \(answers)")
            if one.isLast { #expect(answers.count == 1, "\(one.testDescription): \(answers)") }
        }
        #expect(try server.http.send("GET", "/v2/").status == 200)
    }

    /// What was asked before, on the same connection, is answered first.
    @Test func inTheirOrder() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let connection = try server.http.connect()
        let good = "GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
        try connection.write(Array((good + good + "GET /v2/ HTTP/1.1\r\n\r\n" + good).utf8))
        #expect(try connection.statuses() == [200, 200, 400])
    }

    /// What stands behind good requests and is none is answered once, behind them.
    @Test func nonsenseBehind() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let connection = try server.http.connect()
        let good = "GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
        try connection.write(Array((good + good + "nonsense\r\n\r\n" + good).utf8))
        #expect(try connection.statuses() == [200, 200, 400])
    }

    /// Chunks that are broken are an error like others, with a body in the specification's form; of a request that was refused already
    /// they are nothing more.
    @Test func brokenChunks() throws {
        let place = try Place()
        let users = try place.write(
            "ana:$2y$04$A.CQhs7lvtG.fPD2/QFcD.ST1E4tPxfElqFyRPb4KWva0hgV/VjfC\n", to: "users")
        let open = try RegistryProcess(place)
        let closed = try RegistryProcess(place, ["--htpasswd", users], root: "\(place.path)/other")
        for (server, status) in [(open, 400), (closed, 401)] {
            let connection = try server.http.connect()
            let head = Self.put + "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n"
            try connection.write(Array((head + "Transfer-Encoding: chunked\r\n\r\n1\r\n \r\nxyz\r\n\r\n").utf8))
            connection.endWriting()
            let answer = try connection.answer(to: "PUT")
            #expect(answer.status == status && answer["connection"] == "close", "\(answer.status)")
            #expect(try !RegistryErrors(json: answer.body).errors.isEmpty, "\(answer.text)")
            #expect(try connection.statuses() == [])
        }
    }

    /// What is refused for its head is in the log and among the figures, as what is refused later is.
    @Test func refusalsAreTold() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--log", "\(place.path)/log", "--metrics", "127.0.0.1:0"])
        let agent = "User-Agent: tester\r\n"
        for text in [
            "GET /v2/a HTTP/1.1\r\n\(agent)\r\n", "nonsense\r\n\r\n",
            "GET /\(String(repeating: "a", count: 40_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ] {
            let connection = try server.http.connect()
            try? connection.write(Array(text.utf8))
            _ = try connection.answer(to: "GET")
        }
        let lines = place.read("log").split(separator: "\n")
        #expect(lines.count == 3, "\(lines)")
        #expect(lines.first?.contains("\"GET /v2/a HTTP/1.1\" 400 ") == true, "\(lines)")
        #expect(lines.first?.contains("\"tester\"") == true, "\(lines)")
        #expect(lines.first?.contains("Host is missing") == true, "\(lines)")
        #expect(lines.last?.contains(" 414 ") == true, "\(lines)")
        let figures = try HTTP(port: try #require(server.metricsPort)).send("GET", "/metrics").text
        for (method, status) in [("other", 400), ("GET", 400), ("other", 414)] {
            let labels = "{endpoint=\"other\",method=\"\(method)\",status=\"\(status)\"}"
            #expect(figures.contains("isolab_registry_requests_total\(labels) 1\n"), "\(figures)")
        }
        #expect(figures.contains("isolab_registry_active_requests 0\n"))
    }
}
