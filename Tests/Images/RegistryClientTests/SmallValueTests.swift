import OCI
import Testing

@testable import RegistryClient

/// Values that are read from answers and decide what happens next.
@Suite struct SmallValueTests {
    @Test(
        arguments: [
            ("bytes 0-9/10", 0, 9, 10), ("bytes 5-9/10", 5, 9, 10), ("Bytes 5-9/*", 5, 9, nil),
        ] as [(String, Int64, Int64, Int64?)])
    func contentRange(text: String, first: Int64, last: Int64, total: Int64?) {
        let range = ContentRange(text)
        #expect(range?.first == first && range?.last == last && range?.total == total)
    }

    @Test(arguments: [
        "", "bytes */10", "bytes 9-5/10", "bytes 0-10/10", "bytes -5/10", "bytes 0-9", "items 0-9/10",
        "bytes 0-9/10/11",
        "bytes 0-99999999999999999999/*", "bytes 0x1-9/10",
    ])
    func noContentRange(text: String) {
        #expect(ContentRange(text) == nil)
    }

    @Test func uploaded() {
        #expect(ContentRange.uploaded("0-99") == 100)
        #expect(ContentRange.uploaded("bytes=0-99") == 100)
        for text in ["", "1-99", "99", "0-", "-1", "0--1"] { #expect(ContentRange.uploaded(text) == nil) }
    }

    @Test func links() {
        #expect(LinkHeader.next(["</v2/a/tags/list?last=b&n=2>; rel=\"next\""]) == "/v2/a/tags/list?last=b&n=2")
        #expect(LinkHeader.next(["<a>; rel=prev, <b>; title=x; REL=next"]) == "b")
        #expect(LinkHeader.next(["<a>; rel = \"prev next\""]) == "a")
        #expect(LinkHeader.next(["<a>; rel=nextish", "<b>; xrel=next"]) == nil)
        #expect(LinkHeader.next(["<a>", "<b>; rel=\"prev\"", "rel=next", "<c"]) == nil)
        #expect(LinkHeader.next([]) == nil)
    }

    /// The back-off doubles, stays below its bound, and is never without jitter.
    @Test func pauses() {
        var policy = RetryPolicy()
        policy.firstPause = 1
        policy.longestPause = 10
        #expect([1, 2, 3, 4, 5, 60].map { policy.pause(before: $0, random: 1) } == [1, 2, 4, 8, 10, 10])
        #expect(policy.pause(before: 2, random: 0) == 1)
    }

    @Test func whatIsTriedAgain() throws {
        let policy = RetryPolicy()
        let address = HTTPAddress(scheme: .https, host: "h")
        func response(_ status: Int, _ wish: String? = nil) -> RegistryClientError {
            var head = HTTPHead(status: status)
            if let wish { head.take(line: "Retry-After: \(wish)") }
            return RegistryClientError("x", HTTPResponse(head: head, body: [], address: address))
        }
        for status in [408, 429, 500, 502, 503, 504] {
            #expect(policy.pause(after: response(status), failures: 1) != nil)
            #expect(policy.pause(after: response(status), failures: policy.attempts) == nil)
        }
        for status in [400, 401, 403, 404, 405, 409, 412, 413, 416, 501, 505] {
            #expect(policy.pause(after: response(status), failures: 1) == nil)
        }
        #expect(policy.pause(after: response(503, "7"), failures: 1, random: 0) == 7)
        #expect(policy.pause(after: response(503, "7000"), failures: 1) == nil)
        for kind in [TransportError.Kind.connection, .timeout] {
            #expect(policy.pause(after: TransportError(kind, address, ""), failures: 1) != nil)
        }
        for kind in [TransportError.Kind.notTLS, .certificate, .refused, .cancelled, .local] {
            #expect(policy.pause(after: TransportError(kind, address, ""), failures: 1) == nil)
        }
    }

    @Test func retryAfter() {
        #expect(RetryPolicy.seconds(retryAfter: "120") == 120)
        #expect(RetryPolicy.seconds(retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT", now: 784_111_770) == 7)
        #expect(RetryPolicy.seconds(retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT", now: 784_111_800) == 0)
        for text in ["", "-1", "soon", "99999999999", "1.5"] { #expect(RetryPolicy.seconds(retryAfter: text) == nil) }
    }

    /// A head's fields: a name twice with different values is nobody's word.
    @Test func heads() {
        var head = HTTPHead(status: 200)
        for line in ["A:  b ", "Content-Length: 5", "C:1", "c: 1", "D: 1", "d: 2", "no colon", ": x", "sp ace: y"] {
            head.take(line: line)
        }
        #expect(head.value("a") == "b" && head.contentLength == 5 && head.value("c") == "1" && head.value("d") == nil)
        #expect(head.values("d") == ["1", "2"] && head.value("sp ace") == nil)
        for bad in ["-5", "5x", "", "99999999999999999999"] {
            var other = HTTPHead(status: 200)
            other.take(line: "Content-Length: \(bad)")
            #expect(other.contentLength == nil)
        }
    }

    /// Redirects, decided without a server.
    @Test func redirects() throws {
        let policy = RedirectPolicy { $0.host == "plain.example" || $0.isLoopback }
        func decide(_ location: String?, from text: String, _ method: HTTPRequest.Method = .get, count: Int = 0) throws
            -> HTTPAddress?
        {
            var head = HTTPHead(status: 307)
            if let location { head.take(line: "Location: \(location)") }
            let address = try #require(HTTPAddress(text))
            if case .follow(let next) = policy.decide(head, from: address, of: method, count: count) { return next }
            return nil
        }
        #expect(try decide("https://cdn.example/x", from: "https://r.example/")?.host == "cdn.example")
        #expect(try decide("/x", from: "https://r.example/v2/")?.description == "https://r.example/x")
        #expect(try decide("https://cdn.example/x", from: "http://r.example/") != nil)
        #expect(try decide("http://r.example/x", from: "http://r.example/") != nil)
        #expect(try decide("http://plain.example/x", from: "http://r.example/") != nil)
        #expect(try decide("http://127.0.0.1:1/", from: "http://localhost:5000/") != nil)
        // Without TLS where there was some, to a stranger, into this machine, nowhere, once too often, with a content.
        #expect(try decide("http://r.example/x", from: "https://r.example/") == nil)
        #expect(try decide("http://plain.example/x", from: "https://r.example/") == nil)
        #expect(try decide("http://other.example/x", from: "http://r.example/") == nil)
        #expect(try decide("http://127.0.0.1:8080/", from: "http://r.example/") == nil)
        #expect(try decide("http://169.254.169.254/", from: "http://r.example/") == nil)
        #expect(try decide(nil, from: "https://r.example/") == nil)
        #expect(try decide("https://user@r.example/", from: "https://r.example/") == nil)
        #expect(try decide("/x", from: "https://r.example/", count: RedirectPolicy.greatestCount) == nil)
        #expect(try decide("/x", from: "https://r.example/", .put) == nil)
        #expect(try decide("/x", from: "https://r.example/", .post) == nil)
    }
}
