import OCI
import Synchronization
import Testing

@testable import RegistryClient

/// The token exchange: who is asked, with what, and where nothing is sent.
@Suite struct TokenTests {
    /// A registry that wants the token `good`, with its token server at `realm`; `{port}` stands for its own port.
    private func registry(
        _ image: TestImage, realm: String,
        token: @escaping ScriptedServer.Handler = { _, wire in
            wire.answer(200, [], text: #"{"token":"good"}"#)
        }
    ) throws -> ScriptedServer {
        let own = Mutex("")
        let server = try ScriptedServer { request, wire in
            if request.path.hasPrefix("/token") { return token(request, wire) }
            guard request.fields["authorization"] == "Bearer good" else {
                return wire.answer(
                    401,
                    [
                        (
                            "WWW-Authenticate",
                            "Bearer realm=\"\(own.withLock { $0 })\",service=\"s e\",scope=\"repository:other:delete\""
                        )
                    ])
            }
            if !image.answer(request, wire) { wire.answer(404) }
        }
        own.withLock { $0 = realm.replacing("{port}", with: "\(server.port)") }
        return server
    }

    private let secret = Credential.password(user: "ada", password: "secret word")

    /// A password goes to the token server alone, which is asked once for all transfers, for the client's own scope.
    @Test func password() throws {
        let place = try Place()
        let image = TestImage(layers: [1000, 2000, 3000, 4000])
        let server = try registry(image, realm: "http://127.0.0.1:{port}/token")
        _ = try RegistryClient(.test { $0.credential = secret }).pull(
            try ImageReference("\(server.name)/a/b"), into: try place.store())
        #expect(image.isWhole(in: try place.store()))
        let asked = server.requests.filter { $0.path == "/token" }
        #expect(asked.count == 1)
        #expect(asked.first?.target == "/token?service=s%20e&scope=repository%3Aa%2Fb%3Apull&account=ada")
        #expect(asked.first?.fields["authorization"] == "Basic YWRhOnNlY3JldCB3b3Jk")
        #expect(
            server.requests.allSatisfy { $0.path == "/token" || $0.fields["authorization"]?.hasPrefix("Basic") != true }
        )
    }

    /// A token is sent along with every request: one of megabytes is none.
    @Test func largeToken() throws {
        let place = try Place()
        let server = try registry(TestImage(), realm: "http://127.0.0.1:{port}/token") { _, wire in
            wire.answer(200, [], text: "{\"token\":\"\(String(repeating: "x", count: 1_000_000))\"}")
        }
        let error = #expect(throws: RegistryClientError.self) {
            _ = try RegistryClient(.test()).pull(try ImageReference("\(server.name)/a/b"), into: try place.store())
        }
        #expect(error?.problem == "the answer is greater than 256 KiB")
        #expect(!server.requests.contains { $0.fields["authorization"] != nil })
    }

    /// Without credentials the token is asked for as nobody.
    @Test func nobody() throws {
        let place = try Place()
        let image = TestImage()
        let server = try registry(image, realm: "http://127.0.0.1:{port}/token?given=1")
        _ = try RegistryClient(.test()).pull(try ImageReference("\(server.name)/a/b"), into: try place.store())
        let asked = server.requests.filter { $0.path == "/token" }
        #expect(asked.map(\.target) == ["/token?given=1&service=s%20e&scope=repository%3Aa%2Fb%3Apull"])
        #expect(asked.allSatisfy { $0.fields["authorization"] == nil })
    }

    /// An identity token is exchanged by POST, and never stands in an address.
    @Test func identityToken() throws {
        let place = try Place()
        let image = TestImage()
        let server = try registry(image, realm: "http://127.0.0.1:{port}/token") { request, wire in
            wire.answer(200, [], text: #"{"access_token":"good","expires_in":300,"refresh_token":"x"}"#)
        }
        _ = try RegistryClient(.test { $0.credential = .identityToken("id&1") }).pull(
            try ImageReference("\(server.name)/a/b"), into: try place.store())
        let asked = server.requests.filter { $0.path == "/token" }
        #expect(asked.map(\.method) == ["POST"] && asked.first?.target == "/token")
        #expect(
            asked.first.map { String(decoding: $0.body, as: UTF8.self) }
                == "grant_type=refresh_token&refresh_token=id%261&client_id=isolab&service=s%20e&scope=repository%3Aa%2Fb%3Apull"
        )
    }

    /// A realm that is not the registry's own gets nothing, not even a question (CVE-2026-65388).
    @Test(arguments: [
        "http://localhost:{evil}/token", "http://127.0.0.2:{evil}/token", "https://127.0.0.1.evil.invalid/token",
        "http://ada@127.0.0.1:{evil}/token", "http://127.1:{evil}/token", "http://[::1]:{evil}/token", "token", "",
        "file:///etc/passwd",
    ])
    func evilRealm(realm: String) throws {
        let place = try Place()
        let image = TestImage()
        let evil = try ScriptedServer { _, wire in wire.answer(200, [], text: #"{"token":"good"}"#) }
        let server = try registry(image, realm: realm.replacing("{evil}", with: "\(evil.port)"))
        do {
            _ = try RegistryClient(.test { $0.credential = secret }).pull(
                try ImageReference("\(server.name)/a/b"), into: try place.store())
            Issue.record("nothing was thrown")
        } catch let error as RegistryClientError {
            #expect(error.kind == .hostile, "\(error)")
            #expect(error.description.contains("no credentials were sent"))
            #expect(!error.description.contains("secret"))
        }
        #expect(evil.requests.isEmpty)
        #expect(server.requests.allSatisfy { $0.fields["authorization"] == nil })
    }

    /// A token server that redirects is not followed: the password would go along.
    @Test(arguments: [301, 302, 303, 307, 308])
    func redirectingRealm(status: Int) throws {
        let place = try Place()
        let evil = try ScriptedServer { _, wire in wire.answer(200, [], text: #"{"token":"good"}"#) }
        let server = try registry(TestImage(), realm: "http://127.0.0.1:{port}/token") { [port = evil.port] _, wire in
            wire.answer(status, [("Location", "http://127.0.0.1:\(port)/token")])
        }
        do {
            _ = try RegistryClient(.test { $0.credential = secret }).pull(
                try ImageReference("\(server.name)/a/b"), into: try place.store())
            Issue.record("nothing was thrown")
        } catch let error as RegistryClientError {
            #expect(error.kind == .hostile, "\(error)")
        }
        #expect(evil.requests.isEmpty)
    }

    /// Answers of a token server that hold no token, or one that would be more than a token.
    @Test(arguments: [
        "", "{}", "[]", #"{"token":""}"#, #"{"token":1}"#, #"{"token":"a b"}"#, #"{"token":"a\r\nX: y"}"#,
        #"{"token":"ä"}"#, #"{"token":"x","token":"good"}"#,
    ])
    func badTokens(answer: String) throws {
        let place = try Place()
        let server = try registry(TestImage(), realm: "http://127.0.0.1:{port}/token") { _, wire in
            wire.answer(200, [], text: answer)
        }
        do {
            _ = try RegistryClient(.test()).pull(try ImageReference("\(server.name)/a/b"), into: try place.store())
            Issue.record("nothing was thrown")
        } catch let error as RegistryClientError {
            #expect(error.kind == .protocolViolation, "\(error)")
        }
    }

    /// A token that is not taken is asked for anew a few times, not for ever.
    @Test func uselessToken() throws {
        let place = try Place()
        let server = try registry(TestImage(), realm: "http://127.0.0.1:{port}/token") { _, wire in
            wire.answer(200, [], text: "{\"token\":\"bad\(UInt32.random(in: 0...UInt32.max))\"}")
        }
        do {
            _ = try RegistryClient(.test()).pull(try ImageReference("\(server.name)/a/b"), into: try place.store())
            Issue.record("nothing was thrown")
        } catch let error as RegistryClientError {
            #expect(error.kind == .unauthorized && error.advice?.contains("isolab login") == true, "\(error)")
        }
        #expect(server.requests.count { $0.path == "/token" } <= 3)
    }

    /// Neither what is known of a credential nor an error shows the secret.
    @Test func secretsAreNotShown() {
        #expect("\(secret)\(String(reflecting: secret))".contains("secret") == false)
        #expect("\(Credential.identityToken("abc"))".contains("abc") == false)
    }
}
