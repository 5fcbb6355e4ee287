import OCI
import Testing

@testable import RegistryClient

/// The rule of which token server gets a password (CVE-2026-65388), case by case.
@Suite struct RealmPolicyTests {
    @Test(arguments: [
        ("https://registry-1.docker.io/", "https://auth.docker.io/token"),
        ("https://registry.gitlab.com/", "https://gitlab.com/jwt/auth"),
        ("https://ghcr.io/", "https://ghcr.io/token"),
        ("https://registry.example.co.uk/", "https://auth.example.co.uk/token"),
        ("https://registry.example:5000/", "https://registry.example:5000/token"),
        ("https://registry.example:5000/", "https://registry.example/token"),
        ("https://registry.example:5000/", "https://registry.example:5001/token"),
        ("https://10.0.0.7:5000/", "https://10.0.0.7:5000/token"),
        ("http://localhost:5000/", "http://localhost:5000/token"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5001/token"),
        ("http://localhost:5000/", "https://localhost:5443/token"),
    ])
    func good(registry: String, realm: String) throws {
        let base = try #require(HTTPAddress(registry))
        #expect(try RealmPolicy.check(realm: realm, of: base).description == realm)
    }

    @Test(arguments: [
        // Another domain, one that only looks the same, and a neighbour under a public suffix.
        (
            "https://registry-1.docker.io/", "https://evil.example/token",
            RealmPolicy.Refusal.foreignHost("evil.example")
        ),
        (
            "https://registry-1.docker.io/", "https://auth.docker.io.evil.example/",
            .foreignHost("auth.docker.io.evil.example")
        ),
        ("https://registry-1.docker.io/", "https://evildocker.io/token", .foreignHost("evildocker.io")),
        ("https://mine.github.io/", "https://yours.github.io/token", .foreignHost("yours.github.io")),
        ("https://a.co.uk/", "https://b.co.uk/", .foreignHost("b.co.uk")),
        ("https://registry.internal/", "https://auth.internal/", .foreignHost("auth.internal")),
        ("https://registry/", "https://auth/", .foreignHost("auth")),
        ("https://docker.io/", "https://io/", .foreignHost("io")),
        // Plain, or plain of another host.
        ("https://registry.example/", "http://registry.example/token", .notTLS),
        ("http://localhost:5000/", "http://auth.example/token", .notTLS),
        ("http://127.0.0.1:5000/", "http://127.0.0.2:5000/token", .notTLS),
        // Addresses: of this machine, of the cloud's metadata, in odd forms.
        ("https://registry.example/", "https://127.0.0.1/token", .numeric),
        ("https://registry.example/", "https://169.254.169.254/latest/meta-data", .numeric),
        ("https://registry.example/", "https://[::1]/", .numeric),
        ("https://registry.example/", "https://2130706433/", .numeric),
        ("https://registry.example/", "https://0x7f.1/", .numeric),
        ("https://10.0.0.7/", "https://registry.example/", .numeric),
        // A port that any user can take.
        ("https://registry.example/", "https://registry.example:8443/token", .foreignPort(8443)),
        ("https://registry.example:5000/", "https://auth.registry.example:5001/", .foreignPort(5001)),
        ("https://registry-1.docker.io/", "https://auth.docker.io:8443/token", .foreignPort(8443)),
        ("http://localhost/", "http://localhost:8080/token", .foreignPort(8080)),
        ("https://registry.example:5000/", "https://registry.example:22/", .foreignPort(22)),
        // Not addresses that everybody reads alike.
        ("https://registry.example/", "https://registry.example@evil.example/", .malformed),
        ("https://registry.example/", "https://evil.example#@registry.example/", .malformed),
        ("https://registry.example/", "https://evil.example\\@registry.example/", .malformed),
        ("https://registry.example/", "//registry.example/token", .malformed),
        ("https://registry.example/", "/token", .malformed),
        ("https://registry.example/", "file:///etc/shadow", .malformed),
        ("https://registry.example/", "gopher://registry.example/", .malformed),
        ("https://registry.example/", "https://registry.example/\r\nX: y", .malformed),
        ("https://registry.example/", "", .malformed),
    ])
    func refused(registry: String, realm: String, reason: RealmPolicy.Refusal) throws {
        let base = try #require(HTTPAddress(registry))
        #expect(throws: reason) { try RealmPolicy.check(realm: realm, of: base) }
    }
}
