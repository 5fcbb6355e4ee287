import OCI
import Testing

@testable import RegistryServer

/// Web pages in the browser of somebody who reaches the registry: they can send requests to it, under a name of their own too.
struct WebPageTests {
    @Test(arguments: [
        ("localhost", "localhost"), ("LOCALHOST:5000", "localhost"), ("evil.example:5000", "evil.example"),
        ("[::1]:5000", "::1"), ("[::1]", "::1"), ("127.0.0.1:5000", "127.0.0.1"), ("a.localhost.", "a.localhost"),
        ("", ""), ("[", ""), (":", ""), ("localhost:evil", ""), ("localhost:5000:5000", ""), ("a@localhost", ""),
        ("localhost:99999", ""), ("[::1]x", ""), ("localhost:", "localhost"),
    ]) func names(_ host: String, _ name: String) { #expect(HostPolicy.name(of: host) == name) }

    /// Without a password, on this machine alone, a name that leads here from elsewhere is not answered.
    @Test func namesOfOthers() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        for host in ["localhost", "localhost:\(server.port)", "127.0.0.1:\(server.port)", "[::1]:5000", "x.localhost"] {
            #expect(try server.http.send("GET", "/v2/", [("Host", host)]).status == 200, "\(host)")
        }
        for host in ["evil.example", "evil.example:\(server.port)", "localhost.evil.example", "127.0.0.1.evil.example"]
        {
            for method in ["GET", "POST"] {
                let answer = try server.http.send(method, "/v2/a/blobs/uploads/", [("Host", host)])
                #expect(answer.status == 421, "\(method) \(host)")
                #expect(try RegistryErrors(json: answer.body).errors.map(\.code) == ["DENIED"])
            }
        }
        let named = try RegistryProcess(place, ["--host", "registry.example"], root: "\(place.path)/other")
        #expect(try named.http.send("GET", "/v2/", [("Host", "Registry.Example:443")]).status == 200)
        #expect(try named.http.send("GET", "/v2/", [("Host", "evil.example")]).status == 421)
    }

    /// The figures are for whoever calls this machine by its own names as well.
    @Test func figuresForOthersNames() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--metrics", "127.0.0.1:0", "--host", "registry.example"])
        let figures = HTTP(port: try #require(server.metricsPort))
        for host in ["localhost", "127.0.0.1:9", "registry.example"] {
            #expect(try figures.send("GET", "/metrics", [("Host", host)]).status == 200, "\(host)")
        }
        for target in ["/metrics", "/"] {
            let answer = try figures.send("GET", target, [("Host", "evil.example")])
            #expect(answer.status == 421 && !answer.text.contains("isolab_registry_"), "\(target)")
            #expect(try RegistryErrors(json: answer.body).errors.map(\.code) == ["DENIED"])
        }
        // Whoever must know a password for the registry needs none for the figures: the rule is theirs.
        let users = try place.write(
            "ana:$2y$04$A.CQhs7lvtG.fPD2/QFcD.ST1E4tPxfElqFyRPb4KWva0hgV/VjfC\n", to: "users")
        let secured = try RegistryProcess(
            place, ["--metrics", "127.0.0.1:0", "--htpasswd", users], root: "\(place.path)/other")
        let port = try #require(secured.metricsPort)
        #expect(try HTTP(port: port).send("GET", "/metrics", [("Host", "evil.example")]).status == 421)
    }

    /// A form or a script of a page changes nothing, whatever it is called: only browsers send `Origin`.
    @Test func requestsOfPages() throws {
        let place = try Place()
        let counter = try Counter(place)
        let headers = ["host": "127.0.0.1:5000", "origin": "http://evil.example"]
        #expect(counter.ask("POST", "/v2/a/blobs/uploads/", headers).status == 403)
        #expect(counter.ask("DELETE", "/v2/a/manifests/v1", headers).status == 403)
        #expect(counter.ask("GET", "/v2/", headers).status == 200)
        #expect(counter.ask("POST", "/v2/a/blobs/uploads/", ["host": "127.0.0.1:5000"]).status == 202)
    }

    /// Where nobody needs a password, nothing is deleted unless that was asked for.
    @Test func deletionIsAskedFor() throws {
        let place = try Place()
        let shop: RegistryFixture
        let digest: Digest
        do {
            let server = try RegistryProcess(place, deletes: nil)
            shop = RegistryFixture(server.http)
            digest = try shop.push([1])
            try shop.expect(shop.send("DELETE", "/v2/\(shop.name)/blobs/\(digest)"), 405, code: "UNSUPPORTED")
            _ = try server.end()
        }
        let asked = try RegistryProcess(place, ["--delete"])
        #expect(try asked.http.send("DELETE", "/v2/\(shop.name)/blobs/\(digest)").status == 202)
        _ = try asked.end()
        let hash = "$2y$04$A.CQhs7lvtG.fPD2/QFcD.ST1E4tPxfElqFyRPb4KWva0hgV/VjfC"
        let users = try place.write("ana:\(hash)\n", to: "users")
        let secured = try RegistryProcess(place, ["--htpasswd", users], deletes: nil)
        let login = ("Authorization", "Basic YW5hOnNlY3JldA==")
        let target = "/v2/a/blobs/uploads/?digest=\(digest)"
        #expect(try secured.http.send("POST", target, [login], body: [1]).status == 201)
        #expect(try secured.http.send("DELETE", "/v2/a/blobs/\(digest)", [login]).status == 202)
    }
}
