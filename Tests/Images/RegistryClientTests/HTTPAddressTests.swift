import OCI
import Testing

@testable import RegistryClient

/// Addresses are read strictly, written anew, and led on by references as RFC 3986 has it.
@Suite struct HTTPAddressTests {
    @Test(arguments: [
        ("https://registry.example", "https://registry.example/"),
        ("HTTPS://Registry.Example:443/v2/?n=1", "https://registry.example/v2/?n=1"),
        ("http://localhost:5000/a/b", "http://localhost:5000/a/b"),
        ("http://[::1]:5000/v2/", "http://[::1]:5000/v2/"),
        ("https://h?q", "https://h/?q"),
    ])
    func reads(text: String, written: String) {
        #expect(HTTPAddress(text)?.description == written)
    }

    @Test(arguments: [
        "", "https://", "https:///path", "ftp://host/", "file:///etc/passwd", "https://user@host/", "https://a:b@host/",
        "https://host:0/", "https://host:65536/", "https://host:/", "https://host:80a/", "https://ho st/",
        "https://host/\r\nHost: other", "https://host\\@other/", "https://höst/", "https://host/#fragment", "//host/",
        "https://host..name/", "https://[::1/", "https://[zz::1]/", "https://ho%73t/", "https://a,b/",
    ])
    func refuses(text: String) {
        #expect(HTTPAddress(text) == nil)
    }

    @Test(arguments: [
        ("https://other.example/x?y", "https://other.example/x?y"), ("//other.example/x", "https://other.example/x"),
        ("/v2/x", "https://h:8443/v2/x"), ("?n=2", "https://h:8443/a/b?n=2"), ("c", "https://h:8443/a/c"),
        ("http://h/plain", "http://h/plain"),
    ])
    func resolves(reference: String, expected: String) throws {
        let base = try #require(HTTPAddress("https://h:8443/a/b?n=1"))
        #expect(base.resolving(reference)?.description == expected)
    }

    @Test(arguments: ["", "javascript:alert(1)", "https://user@h/", "/a b", "/a\u{0}", "ftp://h/"])
    func leadsNowhere(reference: String) throws {
        let base = try #require(HTTPAddress("https://h/a/b"))
        #expect(base.resolving(reference) == nil)
    }

    @Test(arguments: [
        ("localhost", true), ("127.0.0.1", true), ("127.255.1.2", true), ("[::1]", true), ("127.1", false),
        ("127.0.0.256", false), ("127.0.0.01", false), ("128.0.0.1", false), ("localhost.example", false),
        ("127.0.0.1.example", false),
    ])
    func loopback(host: String, expected: Bool) {
        #expect(HTTPAddress(scheme: .http, host: host).isLoopback == expected)
    }

    @Test(arguments: [("10.0.0.1", true), ("127.1", true), ("0x7f000001", true), ("[fe80::1]", true), ("a.b1", false)])
    func numeric(host: String, expected: Bool) {
        #expect(HTTPAddress(scheme: .http, host: host).isNumeric == expected)
    }

    /// What is escaped stays one value of a query.
    @Test func escapes() {
        #expect(HTTPAddress.escaped("repository:a/b:pull,push&x=ü") == "repository%3Aa%2Fb%3Apull%2Cpush%26x%3D%C3%BC")
    }
}
