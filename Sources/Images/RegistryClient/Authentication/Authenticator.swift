import Linux
import OCI
import Synchronization

/// Answers one registry's challenges, and remembers the answers.
final class Authenticator: Sendable {
    private let registry: String
    private let base: HTTPAddress
    private let credentials: @Sendable (_ repository: String?) throws -> Credential?
    private let trust: @Sendable (HTTPAddress) throws -> TransportTrust
    private let retries: RetryPolicy
    private let answers = Mutex<[String: Answer]>([:])

    /// A value of `Authorization`.
    private struct Answer {
        var value: String
        /// On the host's clock, in nanoseconds; nil: for good.
        var expiry: UInt64?
    }

    init(
        registry: String, base: HTTPAddress, retries: RetryPolicy,
        credentials: @escaping @Sendable (String?) throws -> Credential?,
        trust: @escaping @Sendable (HTTPAddress) throws -> TransportTrust
    ) {
        self.registry = registry
        self.base = base
        self.retries = retries
        self.credentials = credentials
        self.trust = trust
    }

    /// What to send along without being asked, where a challenge for the same was answered before.
    func authorization(for scopes: [AccessScope]) -> String? {
        answers.withLock { answers in
            guard let answer = answers[Self.key(scopes)] else { return nil }
            if let expiry = answer.expiry, expiry < HostClock.now() {
                answers[Self.key(scopes)] = nil
                return nil
            }
            return answer.value
        }
    }

    /// Answers a challenge. Of several schemes Bearer is taken first: a token can do less than a password.
    ///
    /// - Parameter refused: what was sent along and did not do.
    /// - Returns: the value to try; nil where the same was refused already, or nothing is known to answer with.
    func answer(
        _ challenges: [AuthenticationChallenge], for scopes: [AccessScope], refused: String?,
        transport: HTTPTransport
    ) throws -> String? {
        let key = Self.key(scopes)
        // Under the lock, so that of several transfers one asks for the token of all.
        return try answers.withLock { answers in
            if let known = answers[key], known.value != refused { return known.value }
            answers[key] = nil
            let answer: Answer?
            if let bearer = challenges.first(where: { $0.scheme == "bearer" && $0.parameters["realm"] != nil }) {
                answer = try token(bearer, scopes, transport)
            } else if challenges.contains(where: { $0.scheme == "basic" }) {
                answer = try credentials(scopes.first?.repository)?.encoded.map { Answer(value: "Basic \($0)") }
            } else {
                answer = nil
            }
            guard let answer, answer.value != refused else { return nil }
            answers[key] = answer
            return answer.value
        }
    }

    private static func key(_ scopes: [AccessScope]) -> String { scopes.map(\.description).joined(separator: " ") }

    // MARK: Tokens

    /// Bytes of a token server's answer: a token is sent along with every request.
    private static let greatestToken = 256 << 10

    private func token(
        _ challenge: AuthenticationChallenge, _ scopes: [AccessScope], _ transport: HTTPTransport
    ) throws -> Answer {
        let realm = challenge.parameters["realm"] ?? ""
        let address: HTTPAddress
        do throws(RealmPolicy.Refusal) {
            address = try RealmPolicy.check(realm: realm, of: base)
        } catch {
            throw RegistryClientError(
                .hostile, "authenticate to \(registry)", at: base,
                problem: "its token server '\(shown(realm))' \(error); no credentials were sent there")
        }
        // The own scope: what a registry asks for could be more than the user wants done.
        let wanted = scopes.isEmpty ? challenge.parameters["scope"].map { [$0] } ?? [] : scopes.map(\.description)
        let credential = try credentials(scopes.first?.repository)
        let request =
            if case .identityToken(let identity)? = credential {
                Self.exchange(of: identity, at: address, challenge.parameters["service"], wanted)
            } else {
                Self.query(address, challenge.parameters["service"], wanted, credential)
            }
        let asked = HostClock.now()
        let response = try retries.run(for: transport.cancellation) {
            let response = try transport.exchange(request, trust: try trust(address))
            guard response.status == 200 else {
                throw failure(response, credential)
            }
            return response
        }
        guard response.body.count <= Self.greatestToken else {
            throw RegistryClientError(
                .protocolViolation, "get a token", at: address,
                problem: "the answer is greater than \(Self.greatestToken >> 10) KiB")
        }
        let token: AccessToken
        do throws(ConfigurationError) { token = try AccessToken(json: response.body) } catch {
            throw RegistryClientError(.protocolViolation, "get a token", at: address, problem: "\(error)")
        }
        // A little early, for the way takes time too.
        return Answer(
            value: "Bearer \(token.value)", expiry: asked + UInt64(token.lifetime - token.lifetime / 10) * 1_000_000_000
        )
    }

    /// The GET form, with a password or nobody's.
    private static func query(
        _ realm: HTTPAddress, _ service: String?, _ scopes: [String], _ credential: Credential?
    ) -> HTTPRequest {
        var address = realm
        if let service { address = address.adding(query: "service", service) }
        for scope in scopes { address = address.adding(query: "scope", scope) }
        var request = HTTPRequest(.get, address)
        if case .password(let user, _)? = credential {
            request.address = address.adding(query: "account", user)
        }
        if let encoded = credential?.encoded { request.set("Authorization", "Basic \(encoded)") }
        request.greatestDuration = TransportLimits().document
        return request
    }

    /// The POST form (distribution project, "OAuth2 Token Authentication"), with a refresh token.
    private static func exchange(
        of identity: String, at realm: HTTPAddress, _ service: String?, _ scopes: [String]
    ) -> HTTPRequest {
        let form = [
            ("grant_type", "refresh_token"), ("refresh_token", identity), ("client_id", "isolab"),
            ("service", service ?? ""), ("scope", scopes.joined(separator: " ")),
        ]
        var request = HTTPRequest(.post, realm)
        request.set("Content-Type", "application/x-www-form-urlencoded")
        request.body = .bytes(Array(form.map { "\($0)=\(HTTPAddress.escaped($1))" }.joined(separator: "&").utf8))
        request.greatestDuration = TransportLimits().document
        return request
    }

    private func failure(_ response: HTTPResponse, _ credential: Credential?) -> RegistryClientError {
        if response.head.isRedirect {
            return RegistryClientError(
                .hostile, "get a token for \(registry)", at: response.address,
                problem: "the token server redirects elsewhere, which is not followed")
        }
        return RegistryClientError(
            "get a token for \(registry)", response,
            advice: response.status == 401 || response.status == 403
                ? (credential == nil
                    ? "run `isolab login \(registry)`"
                    : "run `isolab login \(registry)` again: \(credential.map { "\($0)" } ?? "") was refused")
                : nil)
    }
}
