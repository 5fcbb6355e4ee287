import OCI
import RegistryServer
import Testing

/// Requests put together at random from what such requests are made of, numbers at the ends of their range among it: each is
/// answered. `make fuzz` (kind `request`) does the same by the million, led by what code it reaches.
struct RandomRequestTests {
    private static let numbers = [
        "0", "1", "3", "9223372036854775806", "9223372036854775807", "9223372036854775808", "18446744073709551615",
        "-1",
        "", "99999999999999999999999", "1e9", "٣",
    ]

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func everyRequestIsAnswered(_ seed: UInt64) throws {
        let place = try Place()
        let counter = try Counter(place) {
            $0.requiresContent = false
            $0.greatestBlob = 4096
            $0.greatestUploadCount = 16
            $0.hosts = HostPolicy(names: ["registry.example"])
        }
        var generator = Mixer(state: seed)
        var upload = "/v2/a/blobs/uploads/none"
        var statuses: Set<Int> = []
        for _ in 0..<1500 {
            let request = Self.request(&generator, upload)
            let answer = counter.ask(
                request.method, request.target, request.headers, body: request.body, peer: "192.0.2.1")
            #expect((200..<500).contains(answer.status) && answer.contentLength >= 0, "\(request)")
            statuses.insert(answer.status)
            if let location = answer["location"], location.contains("/uploads/") { upload = location }
        }
        // What was asked was not all nonsense.
        #expect(statuses.isSuperset(of: [200, 201, 202, 204, 400, 404, 413, 416, 421]), "\(statuses.sorted())")
    }

    private struct Request {
        var method: String
        var target: String
        var headers: [String: String]
        var body: [UInt8]
    }

    private static func request(_ generator: inout Mixer, _ upload: String) -> Request {
        let body = [UInt8](repeating: UInt8(generator.next() % 3), count: Int(generator.next() % 3))
        let digest = generator.next() % 4 == 0 ? Digest(sha256Of: [9, 9]) : Digest(sha256Of: body)
        let number = { (generator: inout Mixer) in generator.pick(numbers) }
        let descriptor =
            #"{"mediaType":"application/vnd.oci.empty.v1+json","digest":"\#(digest)","size":\#(generator.next() % 3)}"#
        let manifest =
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":\#(descriptor),"#
            + #""layers":[],"subject":\#(descriptor),"annotations":{"a":"\#(number(&generator))"}}"#
        var request = Request(method: "GET", target: "/v2/", headers: [:], body: body)
        switch generator.next() % 12 {
        case 0: (request.method, request.target) = ("POST", "/v2/a/blobs/uploads/")
        case 1, 2: (request.method, request.target) = ("PATCH", upload)
        case 3: (request.method, request.target) = ("PUT", "\(upload)?digest=\(digest)")
        case 4: (request.method, request.target) = ("POST", "/v2/a/blobs/uploads/?digest=\(digest)")
        case 5: (request.method, request.target) = (generator.pick(["GET", "HEAD", "DELETE"]), "/v2/a/blobs/\(digest)")
        case 6:
            request.method = "PUT"
            request.target = "/v2/a/manifests/v\(generator.next() % 3)"
            request.headers["content-type"] = "application/vnd.oci.image.manifest.v1+json"
            request.body = Array(manifest.utf8)
        case 7: request.target = "/v2/a/tags/list?n=\(number(&generator))&last=v1"
        case 8: request.target = "/v2/a/referrers/\(digest)?last=\(generator.pick(["\(digest)", "x"]))"
        case 9: (request.method, request.target) = (generator.pick(["GET", "DELETE"]), upload)
        case 10: request.target = "/v2/a/manifests/v\(generator.next() % 3)"
        default:
            request.target = generator.pick(["/v2/_catalog?n=\(number(&generator))", "/v2/%", "*", "/v2/A/tags/list"])
        }
        for name in ["content-length", "content-range", "range", "host", "origin"] where generator.next() % 4 == 0 {
            switch name {
            case "content-length":
                request.headers[name] = generator.next() % 2 == 0 ? "\(request.body.count)" : number(&generator)
            case "content-range": request.headers[name] = "\(number(&generator))-\(number(&generator))"
            case "range": request.headers[name] = "bytes=\(number(&generator))-\(number(&generator))"
            case "host":
                request.headers[name] = generator.pick(["registry.example:1", "evil.example", "[::1]", "", ":"])
            default: if generator.next() % 4 == 0 { request.headers[name] = "http://evil.example" }
            }
        }
        return request
    }

    /// Numbers from a seed (splitmix64).
    private struct Mixer: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }

        mutating func pick<Element>(_ list: [Element]) -> Element { list[Int(next() % UInt64(list.count))] }
    }
}
