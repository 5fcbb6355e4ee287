import Glibc
import Linux
import OCI
import Testing

@testable import RegistryClient

/// Which certificates count for which host, and who is shown to it.
@Suite struct HostTrustTests {
    @Test func directories() throws {
        let place = try Place()
        for directory in ["certs.d/r.example:5000", "certs.d/cdn.example", "own"] {
            try SystemFile.makeDirectories("\(place.path)/\(directory)")
            try place.write("authority of \(directory)", to: "\(directory)/ca.crt")
            try place.write("certificate", to: "\(directory)/ada.cert")
            try place.write("key", to: "\(directory)/ada.key")
        }
        let registry = HTTPAddress(scheme: .https, host: "r.example", port: 5000)
        let other = HTTPAddress(scheme: .https, host: "cdn.example")
        let name = "r.example:5000"
        let standard = HostTrust(roots: ["\(place.path)/certs.d"])
        let own = try standard.trust(for: registry, registry: name)
        #expect(own.verifies && firstLine(own) == "authority of certs.d/r.example:5000")
        #expect(own.identity?.key == "\(place.path)/certs.d/r.example:5000/ada.key")
        let there = try standard.trust(for: other, registry: nil)
        #expect(firstLine(there) == "authority of certs.d/cdn.example")
        let stranger = try standard.trust(for: HTTPAddress(scheme: .https, host: "r.example"), registry: nil)
        #expect(stranger.verifies && stranger.identity == nil)
        // A directory of the user's choice: its authority for all, its certificate for the registry alone.
        let chosen = HostTrust(directory: "\(place.path)/own")
        let known = try chosen.trust(for: registry, registry: name)
        #expect(known.identity != nil)
        let elsewhere = try chosen.trust(for: other, registry: nil)
        #expect(elsewhere.identity == nil && firstLine(elsewhere) == "authority of own")
        // Not verified is who is named, no other.
        let careless = HostTrust(directory: "\(place.path)/own", unverified: [name])
        let unverified = try careless.trust(for: registry, registry: name)
        let verified = try careless.trust(for: other, registry: nil)
        #expect(!unverified.verifies && verified.verifies)
        unlink("\(place.path)/own/ada.key")
        #expect(throws: SystemError.self) { _ = try chosen.trust(for: registry, registry: name) }
    }

    private func firstLine(_ trust: TransportTrust) -> String? {
        guard let authorities = trust.authorities else { return nil }
        return String(decoding: authorities.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// A registry that asks for the client's certificate gets the one in the directory.
    @Test(.enabled(if: SystemFile.exists("/usr/bin/docker-registry"), "docker-registry is not installed"))
    func clientCertificate() throws {
        let place = try Place()
        let certificate = try TestCertificate(in: place)
        let registry = try DockerRegistry(certificate: certificate, asksForCertificates: true, in: place)
        let client = { RegistryClient(.test { $0.certificateDirectory = certificate.directory }) }
        // It is this machine, which may speak plain HTTP: what is missing is said all the same.
        Self.expectAdvice(client(), registry.name)
        try certificate.makeClient(in: place)
        #expect(try client().repositories(of: registry.name).isEmpty)
    }

    /// A server that asks for a certificate, by the older TLS in the handshake and by the newer one after it, is never taken for
    /// one that speaks plain HTTP; nor is one that does not take the certificate it is shown.
    @Test(arguments: ["-tls1_2", "-tls1_3"], [false, true])
    func missingCertificate(version: String, showsAnother: Bool) throws {
        let place = try Place()
        let certificate = try TestCertificate(in: place)
        let another = try place.below("another")
        let stranger = try TestCertificate(in: another)
        if showsAnother { try stranger.makeClient(in: another) }
        let server = try ServerProcess(
            [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate.certificate, "-key",
                certificate.key, "-CAfile", certificate.authority, "-Verify", "1", "-verify_return_error", version,
                "-www",
            ], log: "\(place.path)/s_server.log", port: "ACCEPT ")
        defer { withExtendedLifetime(server) {} }
        if showsAnother {
            // Believed is the server's own authority; shown is what another one signed.
            try place.run(["cp", certificate.authority, "\(stranger.directory)/ca.crt"])
        }
        let client = RegistryClient(
            .test { $0.certificateDirectory = showsAnother ? stranger.directory : certificate.directory })
        Self.expectAdvice(client, "127.0.0.1:\(server.port)")
    }

    private static func expectAdvice(_ client: RegistryClient, _ name: String) {
        do {
            _ = try client.repositories(of: name)
            Issue.record("nothing was thrown")
        } catch let error as RegistryClientError {
            #expect(error.kind == .unauthorized || error.kind == .unreachable, "\(error)")
            #expect(
                error.description.contains("https://\(name)") && error.description.contains("NAME.cert"), "\(error)")
        } catch { Issue.record("\(error)") }
    }

    /// Proxies of the environment are used for others, never for this machine, and not for what `no_proxy` names.
    @Test(arguments: ["http_proxy", "HTTP_PROXY"])
    func proxies(variable: String) throws {
        let place = try Place()
        let image = TestImage()
        let proxy = try ScriptedServer { request, wire in
            var inner = request
            let prefix = "http://registry.invalid:5000"
            guard request.target.hasPrefix(prefix) else { return wire.answer(502) }
            inner.target = String(request.target.dropFirst(prefix.count))
            if !image.answer(inner, wire) { wire.answer(404) }
        }
        var program = TransferProgram(place)
        program.environment = ["\(variable)=http://user:hidden@\(proxy.name)"]
        let pull = [
            "pull", "registry.invalid:5000/a/b", "--insecure-registry", "registry.invalid:5000", "--attempts", "1",
        ]
        let result = try program.run(pull)
        #expect(result.status == 0, "\(result.complaints)")
        #expect(
            !proxy.requests.isEmpty
                && proxy.requests.allSatisfy { $0.target.hasPrefix("http://registry.invalid:5000/") })
        let count = proxy.requests.count
        let server = try ScriptedServer { request, wire in if !image.answer(request, wire) { wire.answer(404) } }
        #expect(try program.run(["pull", "\(server.name)/a/b"]).status == 0)
        program.environment.append("no_proxy=registry.invalid")
        let direct = try program.run(pull + ["--store", "\(place.path)/other"])
        #expect(direct.status == 1 && !direct.complaints.contains("hidden"))
        #expect(proxy.requests.count == count)
    }
}
