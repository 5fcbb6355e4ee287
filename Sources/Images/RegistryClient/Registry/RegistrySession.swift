import Linux
import OCI

/// One registry, found and spoken to by several connections at once: its address, who we are there, whom we believe.
final class RegistrySession: Sendable {
    /// As references name it.
    let name: String
    let base: HTTPAddress
    let options: ClientOptions
    let authenticator: Authenticator
    private let trust: HostTrust

    /// Finds out how a registry is spoken to: by TLS, always, but for those that may be plain, which are tried by TLS first.
    ///
    /// - Throws: where it answers neither way, with advice.
    init(_ name: String, _ options: ClientOptions) throws {
        self.name = name
        self.options = options
        let trust = HostTrust(directory: options.certificateDirectory, unverified: options.insecureRegistries)
        self.trust = trust
        let secure = Self.address(of: name)
        guard let secure else {
            throw RegistryClientError(.unusable, "find \(shown(name))", problem: "is not a host with an optional port")
        }
        let mayBePlain = options.insecureRegistries.contains(name.lowercased()) || secure.isLoopback
        let base = mayBePlain ? try Self.probe(secure, name, options, trust) : secure
        self.base = base
        authenticator = Authenticator(
            registry: name, base: base, retries: options.retries,
            credentials: { [credential = options.credential, store = options.credentials] repository in
                try credential ?? store.credential(for: name, repository: repository)
            },
            trust: { address in try trust.trust(for: address, registry: address.host == base.host ? name : nil) })
    }

    /// Docker's registry is not at the address that stands in its name.
    private static func address(of name: String) -> HTTPAddress? {
        HTTPAddress("https://\(name == ImageReference.defaultRegistry ? "registry-1.docker.io" : name)/")
    }

    /// Whether the other end takes TLS, for a registry that need not: no credentials go along.
    private static func probe(
        _ secure: HTTPAddress, _ name: String, _ options: ClientOptions, _ trust: HostTrust
    ) throws -> HTTPAddress {
        let transport = HTTPTransport(limits: options.limits, cancellation: options.cancellation)
        var request = HTTPRequest(.get, secure.with(target: "/v2/"))
        request.greatestDuration = options.limits.connect
        do {
            _ = try transport.exchange(request, trust: try trust.trust(for: secure, registry: name))
            return secure
        } catch let error as TransportError
            where error.kind == .notTLS || (error.kind == .connection && !error.wasSecure)
        {
            let hasPort = name.hasSuffix(":\(secure.port)")
            return HTTPAddress(scheme: .http, host: secure.host, port: hasPort ? secure.port : nil)
        } catch let error as TransportError where [.certificate, .identity, .connection].contains(error.kind) {
            // A connection that breaks once TLS stands is what is left of the same where the alert is lost with it.
            throw distrust(error, name, secure, "find \(name)")
        }
    }

    /// A certificate that is not believed, theirs or ours, or none at all.
    static func distrust(
        _ error: TransportError, _ name: String, _ address: HTTPAddress, _ operation: String
    ) -> RegistryClientError {
        let directory = "\(HostTrust.standardRoots[0])/\(name)"
        let kind: RegistryClientError.Kind
        let advice: String
        switch error.kind {
        case .notTLS:
            kind = .insecure
            advice = "it speaks plain HTTP: where that is intended, name it with --insecure-registry \(name)"
        case .identity:
            kind = .unauthorized
            advice = "it requires a client certificate: put NAME.cert and NAME.key into \(directory)"
        case .connection:
            kind = .unreachable
            advice = "if it requires a client certificate, put NAME.cert and NAME.key into \(directory)"
        default:
            kind = .insecure
            advice = "put its authority's certificate into \(directory)/ca.crt"
        }
        return RegistryClientError(kind, operation, at: address, problem: error.problem, advice: advice)
    }

    func mayBePlain(_ address: HTTPAddress) -> Bool {
        options.insecureRegistries.contains(address.authority) || address.isLoopback
    }

    func trust(for address: HTTPAddress) throws -> TransportTrust {
        try trust.trust(for: address, registry: address.hasSameOrigin(as: base) ? name : nil)
    }
}
