import OCI
import Testing

@testable import RegistryServer

/// Paths, queries and headers as values: what is hostile is refused before anything is touched.
struct TargetTests {
    private let digest = Digest(sha256Of: [])

    @Test func paths() throws {
        func endpoint(_ target: String) throws -> RegistryPath {
            try RegistryPath(#require(RequestTarget(target)).path)
        }
        #expect(try endpoint("/v2/") == .base)
        #expect(try endpoint("/v2") == .base)
        #expect(try endpoint("/v2/_catalog") == .catalog)
        #expect(try endpoint("/v2/a/b/tags/list") == .tags(repository: "a/b"))
        #expect(try endpoint("/v2/a/blobs/uploads/") == .uploads(repository: "a"))
        #expect(try endpoint("/v2/a/blobs/uploads") == .uploads(repository: "a"))
        #expect(try endpoint("/v2/a/b/blobs/uploads/x-y") == .upload(repository: "a/b", id: "x-y"))
        #expect(try endpoint("/v2/a/blobs/\(digest)") == .blob(repository: "a", digest))
        #expect(try endpoint("/v2/a/blobs/sha256%3A\(digest.hexadecimal)") == .blob(repository: "a", digest))
        #expect(try endpoint("/v2/a/manifests/v1") == .manifest(repository: "a", .tag("v1")))
        #expect(try endpoint("/v2/a/referrers/\(digest)") == .referrers(repository: "a", digest))
        // Repositories may be called what endpoints are.
        #expect(try endpoint("/v2/tags/blobs/manifests/latest") == .manifest(repository: "tags/blobs", .tag("latest")))
        #expect(try endpoint("/v2/blobs/uploads/tags/list") == .tags(repository: "blobs/uploads"))
    }

    @Test(arguments: [
        "/", "/v1/", "/v2/a", "/v2/a/b", "/v2//tags/list", "/v2/../../etc/tags/list", "/v2/A/tags/list",
        "/v2/a/./tags/list", "/v2/a//b/tags/list", "/v2/_a/tags/list", "/v2/a/blobs/sha256:00", "/v2/a/blobs/md5:00",
        "/v2/a/referrers/latest", "/v2/a/manifests/sha256:xyz", "/v2/a/b/_tags/../manifests",
    ])
    func refusals(_ target: String) throws {
        let target = try #require(RequestTarget(target))
        #expect(throws: RegistryFault.self) { try RegistryPath(target.path) }
    }

    @Test(arguments: [
        "", "v2", "*", "http://host/v2/", "/v2/%", "/v2/%4", "/v2/%zz", "/v2/a%2Fb/tags/list", "/v2/%00", "/v2/%ff",
        "/v2/?a=%", "/" + String(repeating: "a", count: 5000),
    ])
    func malformedTargets(_ target: String) { #expect(RequestTarget(target) == nil) }

    /// Whatever the bytes: an endpoint or a refusal, and a repository that is a name. None leads out of its directory.
    @Test func randomTargets() {
        var generator = SystemRandomNumberGenerator()
        let words = [
            "/", "v2", "/", "..", ".", "blobs", "uploads", "manifests", "tags", "list", "referrers", "_catalog", "a",
            "A",
            "%2e", "%2f", "%", "?", "&", "=", "n", "sha256:", "sha256:\(digest.hexadecimal)", "\0", "ü", "-", "_", "//",
            "\\",
        ]
        for _ in 0..<50_000 {
            let text =
                "/v2/"
                + (0..<Int.random(in: 1...9, using: &generator)).map { _ in words.randomElement() ?? "" }.joined()
            guard let target = RequestTarget(text), let endpoint = try? RegistryPath(target.path) else { continue }
            guard let name = endpoint.repository else { continue }
            #expect(ImageReference.isRepository(name) && !name.contains(".."), "\(text)")
        }
    }

    @Test func queries() throws {
        let target = try #require(RequestTarget("/v2/?n=3&last=a%2Eb&artifactType=a/b+json&tag=x&tag=y&flag"))
        #expect(target.value("n") == "3")
        #expect(target.value("last") == "a.b")
        #expect(target.value("artifactType") == "a/b+json")
        #expect(target.values("tag") == ["x", "y"])
        #expect(target.value("flag") == "")
        #expect(target.value("absent") == nil)
    }

    @Test func ranges() {
        func range(_ header: String?, _ size: Int64 = 1000) -> ByteRange { ByteRange(header: header, size: size) }
        #expect(range(nil) == .whole)
        #expect(range("bytes=0-0") == .part(0..<1))
        #expect(range("bytes=0-") == .part(0..<1000))
        #expect(range("bytes=-1") == .part(999..<1000))
        #expect(range("bytes=-5000") == .part(0..<1000))
        #expect(range("Bytes= 10 - 19") == .part(10..<20))
        #expect(range("bytes=999-") == .part(999..<1000))
        for header in ["bytes=1000-", "bytes=-0", "bytes=5-4"] { #expect(range(header) == .unsatisfiable, "\(header)") }
        #expect(range("bytes=0-", 0) == .unsatisfiable)
        for header in [
            "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,5-6", "lines=0-1", "bytes=--1", "bytes=+1-2",
            "bytes=99999999999999999999-", "bytes=0-99999999999999999999",
        ] {
            #expect(range(header) == .whole, "\(header)")
        }
    }

    @Test func chunkRanges() {
        #expect(ChunkRange("0-99")?.count == 100)
        #expect(ChunkRange("bytes 10-19/*")?.first == 10)
        #expect(ChunkRange("bytes=10-19")?.last == 19)
        for header in ["", "-", "5", "5-", "-5", "9-5", "a-b", "0-9223372036854775807", "1-2-3"] {
            #expect(ChunkRange(header) == nil, "\(header)")
        }
    }

    @Test func pages() throws {
        func page(
            _ query: String, greatest: Int = 100, of names: [String] = ["d", "B", "a", "c"]
        ) throws -> (names: [String], link: String?) {
            let page = try Page(#require(RequestTarget("/v2/x/tags/list?\(query)")), greatest: greatest)
            var found = page.names(by: TagOrder.key)
            for name in names { found.add(name) }
            let end = page.end(found, at: "/l")
            return (end.names, end.link?.value)
        }
        #expect(try page("n=2") == (["a", "B"], "</l?n=2&last=B>; rel=\"next\""))
        #expect(try page("n=2&last=B") == (["c", "d"], nil))
        #expect(try page("n=4") == (["a", "B", "c", "d"], nil))
        #expect(try page("last=b") == (["c", "d"], nil))
        #expect(try page("last=zzz").names == [])
        #expect(try page("n=0") == ([], nil))
        // What a client does not bound, the page does.
        #expect(try page("", greatest: 3) == (["a", "B", "c"], "</l?n=3&last=c>; rel=\"next\""))
        #expect(try page("n=9223372036854775807", greatest: 1).names == ["a"])
        // However many there are and in whatever order they come, every page is what it would be of all of them sorted.
        let many = (0..<5000).map { "t\($0)" }.shuffled()
        let sorted = many.sorted()
        #expect(
            try page("n=7&last=t25", of: many).names == Array(sorted.drop { $0 <= "t25" }.prefix(7)))
        #expect(try page("", of: many).names == Array(sorted.prefix(100)))
        for query in ["n=-1", "n=x", "n=1.5", "n=99999999999999999999"] {
            #expect(throws: RegistryFault.self) { try page(query) }
        }
        #expect(try page("", of: ["b", "A", "a", "_", "B"]).names == ["_", "A", "a", "B", "b"])
    }

    @Test func acceptedTypes() {
        #expect(Accept(nil).takes(.imageManifest))
        #expect(Accept("").takes(.imageManifest))
        #expect(Accept("*/*").takes(.imageIndex))
        #expect(Accept("\(MediaType.dockerManifest), \(MediaType.imageManifest);q=0.5").takes(.imageManifest))
        #expect(!Accept("\(MediaType.dockerManifest)").takes(.imageManifest))
        #expect(!Accept("text/html").takes(.imageManifest))
    }

    @Test func manifestsOfEveryKind() throws {
        let config = Descriptor(.imageConfiguration, of: [1])
        let image = ImageManifest(config: config, layers: [Descriptor(.layerGzip, of: [2])]).json()
        let document = try ManifestDocument(image, type: nil)
        #expect(document.type == .imageManifest && document.blobs.count == 2)
        #expect(document.artifactType == .imageConfiguration)
        #expect(throws: ConfigurationError.self) { try ManifestDocument(image, type: .imageIndex) }
        #expect(throws: ConfigurationError.self) { try ManifestDocument(image, type: MediaType("text/plain")) }
        let untyped = Array(
            #"{"schemaVersion":2,"config":{"mediaType":"\#(MediaType.empty)","digest":"\#(digest)","size":0},"layers":[]}"#
                .utf8)
        #expect(throws: ConfigurationError.self) { try ManifestDocument(untyped, type: nil) }
        #expect(try ManifestDocument(untyped, type: .imageManifest).blobs.count == 1)
        // One document that two readers would read as two things (CVE-2021-41190).
        let both = Array(#"{"schemaVersion":2,"manifests":[],"layers":[],"config":{}}"#.utf8)
        #expect(throws: ConfigurationError.self) { try ManifestDocument(both, type: .imageIndex) }
    }

    /// Hostile bytes give an error and never a crash: every document cut short, and with each byte changed.
    @Test func manifestsDamaged() {
        let image = ImageManifest(
            config: Descriptor(.imageConfiguration, of: [1]), layers: [Descriptor(.layerGzip, of: [2])],
            annotations: ["a": "b"]
        ).json()
        for count in image.indices {
            #expect(throws: (any Error).self) { try ManifestDocument(Array(image[..<count]), type: nil) }
        }
        for index in image.indices {
            for byte: UInt8 in [0, 0x22, 0x5B, 0x7B, 0xFF] {
                var damaged = image
                damaged[index] = byte
                _ = try? ManifestDocument(damaged, type: .imageManifest)
            }
        }
    }
}
