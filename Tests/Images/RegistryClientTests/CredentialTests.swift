import Glibc
import Linux
import OCI
import Testing

@testable import RegistryClient

/// The files of docker and podman, as they are found and as they are left.
@Suite struct CredentialTests {
    private func file(_ text: String) throws -> CredentialFile {
        CredentialFile(path: "/nowhere", tree: try JSONTree(json: Array(text.utf8), document: "auth.json"))
    }

    private func password(_ user: String, _ password: String = "p") -> CredentialFile.Entry {
        .credential(.password(user: user, password: password))
    }

    /// The longest match of registry and repository wins (containers-auth.json(5)).
    @Test(
        arguments: [
            ("registry.example", "team/app", "app"), ("registry.example", "team/other", "team"),
            ("registry.example", "else/app", "all"), ("registry.example", "teamwork/app", "all"),
            ("registry.example", nil, "all"),
            ("REGISTRY.example", "x", "all"), ("old.example", "x", "old"), ("docker.io", "library/busybox", "hub"),
        ] as [(String, String?, String)])
    func matches(registry: String, repository: String?, user: String) throws {
        func entry(_ user: String) -> String { "{\"auth\":\"\(Base64.encode(Array("\(user):p".utf8)))\"}" }
        let file = try file(
            """
            {"auths":{"registry.example":\(entry("all")),"registry.example/team":\(entry("team")),
            "registry.example/team/app":\(entry("app")),"https://old.example/v1/":\(entry("old")),
            "https://index.docker.io/v1/":\(entry("hub")),"other.example":\(entry("other"))}}
            """)
        #expect(file.entry(for: registry, repository: repository) == password(user))
    }

    @Test func otherRegistries() throws {
        let file = try file(#"{"auths":{"a.example":{"auth":"YTpw"},"b.example":{}}}"#)
        for registry in ["b.example", "example", "a.example:5000", "sub.a.example", "docker.io"] {
            #expect(file.entry(for: registry, repository: "x") == nil)
        }
    }

    /// Helpers come before what stands in the file; an identity token before a password.
    @Test func helpersAndTokens() throws {
        let file = try file(
            #"""
            {"credHelpers":{"gcr.io":"gcloud"},"credsStore":"desktop",
            "auths":{"gcr.io":{"auth":"YTpw"},"x.example":{"auth":"YTpw","identitytoken":"t"}}}
            """#)
        #expect(file.entry(for: "gcr.io", repository: nil) == .helper("gcloud"))
        #expect(file.entry(for: "x.example", repository: nil) == .helper("desktop"))
        let plain = try self.file(#"{"auths":{"x.example":{"auth":"YTpw","identitytoken":"t"}}}"#)
        #expect(plain.entry(for: "x.example", repository: nil) == .credential(.identityToken("t")))
    }

    /// A file is changed in one place: what is not known here stays as it was, in its order.
    @Test func keepsTheRest() throws {
        let place = try Place()
        let path = try place.write(
            #"{"HttpHeaders":{"User-Agent":"x"},"auths":{"a.example":{"auth":"YTpw"},"b.example":{"auth":"Yjpw"}},"n":1.50}"#,
            to: "config.json", mode: 0o644)
        let store = CredentialStore(paths: [path])
        #expect(try store.save(.password(user: "new", password: "pass:word\u{e9}"), for: "a.example") == path)
        #expect(try store.credential(for: "a.example") == .password(user: "new", password: "pass:word\u{e9}"))
        let tree = try JSONTree(json: try SystemFile.bytes(of: path), document: "config.json")
        #expect(tree.members?.map(\.name) == ["HttpHeaders", "auths", "n"])
        #expect(tree["n"] == .number("1.50") && tree["auths"]?["b.example"]?["auth"] == .text("Yjpw"))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try store.remove("a.example") == [path])
        #expect(try store.remove("a.example") == [])
        #expect(try store.credential(for: "a.example") == nil)
        #expect(try store.credential(for: "b.example") == .password(user: "b", password: "p"))
        #expect(try SystemFile.names(in: place.path) == ["config.json"])
    }

    /// A file that is not there is made, and a link stays one.
    @Test func newFiles() throws {
        let place = try Place()
        let store = CredentialStore(paths: ["\(place.path)/deep/er/config.json"])
        _ = try store.save(.identityToken("t"), for: "docker.io")
        #expect(try store.credential(for: "docker.io", repository: "library/x") == .identityToken("t"))
        let real = try place.write("{}", to: "real.json")
        #expect(symlink(real, "\(place.path)/link.json") == 0)
        _ = try CredentialStore(paths: ["\(place.path)/link.json"]).save(.identityToken("u"), for: "a.example")
        var status = stat()
        #expect(lstat("\(place.path)/link.json", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(try CredentialStore(paths: [real]).credential(for: "a.example") == .identityToken("u"))
    }

    /// What is not such a file is an error that names it, and is not written over.
    @Test(arguments: ["[]", "{\"auths\":", "{\"a\":1,\"a\":2}", "\u{0}"])
    func malformed(text: String) throws {
        let place = try Place()
        let path = try place.write(text, to: "config.json")
        do {
            _ = try CredentialStore(paths: [path]).save(.identityToken("t"), for: "a.example")
            Issue.record("nothing was thrown")
        } catch { #expect("\(error)".contains(path)) }
        #expect(place.read("config.json") == text)
    }

    @Test func standardPaths() {
        func paths(_ environment: [String: String]) -> [String] { CredentialStore.standardPaths { environment[$0] } }
        #expect(paths(["REGISTRY_AUTH_FILE": "/r", "HOME": "/h"]) == ["/r"])
        #expect(
            paths(["XDG_RUNTIME_DIR": "/run/user/1", "HOME": "/h"])
                == ["/run/user/1/containers/auth.json", "/h/.docker/config.json"])
        #expect(paths(["DOCKER_CONFIG": "/d", "HOME": "/h"]) == ["/d/config.json"])
        #expect(paths([:]) == [])
    }

    @Test(arguments: ["../evil", "a/b", "", "a b", "a;b", String(repeating: "a", count: 65)])
    func helperNames(name: String) {
        #expect(throws: CredentialHelperError.self) { try CredentialHelper(name) }
    }

    @Test func base64() {
        for text in ["", "a", "ab", "abc", "abcd", "\u{e9}\u{0}\u{ff}"] {
            let encoded = Base64.encode(Array(text.utf8))
            #expect(Base64.decode(encoded) == Array(text.utf8))
        }
        #expect(Base64.encode(Array("ada:pass:word".utf8)) == "YWRhOnBhc3M6d29yZA==")
        for text in ["a", "abc", "====", "a===", "ab=c", "äöü="] { #expect(Base64.decode(text) == nil) }
        #expect(Credential(encoded: "YWRhOnBhc3M6d29yZA==") == .password(user: "ada", password: "pass:word"))
        #expect(Credential(encoded: Base64.encode(Array("nocolon".utf8))) == nil)
    }
}
