import OCI
import Testing

/// Names of images, as Docker reads and writes them.
@Suite struct ImageReferenceTests {
    static let hash = String(repeating: "ab", count: 32)
    static let long = String(repeating: "a", count: 128)

    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var whole: String
        var familiar: String
        var testDescription: String { text }

        init(_ text: String, _ whole: String, _ familiar: String? = nil) {
            self.text = text
            self.whole = whole
            self.familiar = familiar ?? text
        }
    }

    /// The cases of the distribution project's own tests (`reference/normalize_test.go`), and where they are the more so.
    static let good = [
        Case("busybox", "docker.io/library/busybox"),
        Case("docker.io/busybox", "docker.io/library/busybox", "busybox"),
        Case("index.docker.io/library/busybox", "docker.io/library/busybox", "busybox"),
        Case("library/busybox", "docker.io/library/busybox", "busybox"),
        Case("docker/docker", "docker.io/docker/docker"),
        Case("debian:12-slim", "docker.io/library/debian:12-slim"),
        Case("127.0.0.1:5000/docker/docker", "127.0.0.1:5000/docker/docker"),
        Case("127.0.0.1:5000/library/debian:12", "127.0.0.1:5000/library/debian:12"),
        Case("localhost/app", "localhost/app"),
        Case("localhost:5000", "docker.io/library/localhost:5000"),
        Case("localhost:5000/app", "localhost:5000/app"),
        Case("example.org/a/b/c:x", "example.org/a/b/c:x"),
        Case("[::1]:5000/app", "[::1]:5000/app"),
        Case("[fd00::1]/app:v1", "[fd00::1]/app:v1"),
        Case("Foo/bar", "Foo/bar"),
        Case("a.b/c", "a.b/c"),
        Case("a__b/c-d/e.f/g---h", "docker.io/a__b/c-d/e.f/g---h"),
        Case("a@sha256:\(hash)", "docker.io/library/a@sha256:\(hash)"),
        Case("a:v1@sha256:\(hash)", "docker.io/library/a:v1@sha256:\(hash)"),
        Case("a@sha512:\(hash)\(hash)", "docker.io/library/a@sha512:\(hash)\(hash)"),
        Case("a:\(long)", "docker.io/library/a:\(long)"),
        Case("a:_.-", "docker.io/library/a:_.-"),
        Case("a:UPPER", "docker.io/library/a:UPPER"),
        Case(hash.prefix(63).description, "docker.io/library/\(hash.prefix(63))"),
        // Written short, these would be names of other registries.
        Case("docker.io/example.org/app", "docker.io/example.org/app"),
        Case("docker.io/localhost/app", "docker.io/localhost/app"),
        Case("docker.io/library/a/b", "docker.io/library/a/b", "library/a/b"),
    ]

    @Test(arguments: good) func wellFormed(_ sample: Case) throws {
        let name = try ImageReference(sample.text)
        #expect(name.description == sample.whole)
        #expect(name.familiar == sample.familiar)
        #expect(try ImageReference(name.description) == name)
        #expect(try ImageReference(name.familiar) == name)
    }

    @Test(arguments: [
        "", ":", "@", "/", "a/", "/a", "a//b", "a/ b", " a", "a:", "a:-x", "a:.x", "a:\(long)x", "a@", "a@sha256:",
        "Busybox",
        "docker.io/Busybox", "library/busyboX", "-a", "a-", "a/.b", "a___b", "a..b", "a_-b", "a._b",
        "a@sha256:\(hash.dropLast())", "a@sha256:\(hash.uppercased())", "a@md5:\(hash.prefix(32))", "a@sha256:\(hash)x",
        "https://example.org/a", "example.org:0/a", "example.org:65536/a", "example.org:x/a", "exa_mple.org/a",
        "-example.org/a", "[::1/a", "[zz::]/a", "[]/a", "::1/a", "a\n", "a\u{0}b", "ä", "a/b:c:d", "../a", "a/../b",
        "docker.io", String(repeating: "a/", count: 128) + "a",
    ])
    func malformed(_ text: String) throws {
        // `docker.io` alone is a repository of that name.
        if text == "docker.io" {
            #expect(try ImageReference(text).repository == "library/docker.io")
            return
        }
        let error = #expect(throws: ConfigurationError.self) { try ImageReference(text) }
        #expect(error?.description.utf8.contains(0x0A) == false)
    }

    @Test func defaultTag() throws {
        #expect(try ImageReference("a").withDefaultTag.tag == "latest")
        #expect(try ImageReference("a:b").withDefaultTag.tag == "b")
        #expect(try ImageReference("a@sha256:\(Self.hash)").withDefaultTag.tag == nil)
        #expect(try ImageReference("a:b").with(tag: nil).description == "docker.io/library/a")
    }
}
