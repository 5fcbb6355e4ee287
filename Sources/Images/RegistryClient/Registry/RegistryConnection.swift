import OCI

/// A registry as one thread speaks to it: requests with credentials, redirects and retries.
final class RegistryConnection {
    let session: RegistrySession
    let transport: HTTPTransport

    /// - Parameter cancellation: nil: the client's.
    init(_ session: RegistrySession, cancellation: Cancellation? = nil) {
        self.session = session
        transport = HTTPTransport(
            limits: session.options.limits, cancellation: cancellation ?? session.options.cancellation)
    }

    /// `/v2/<repository>/<rest>`
    func address(_ repository: String, _ rest: String) -> HTTPAddress {
        session.base.with(target: "/v2/\(repository)/\(rest)")
    }

    /// Sends a request until it is answered with one of the statuses, or is not worth another attempt.
    ///
    /// - Parameters:
    ///   - operation: what it is part of, for errors.
    ///   - accept: called anew for each attempt that succeeds.
    func send(
        _ request: HTTPRequest, for scopes: [AccessScope], _ operation: String, statuses: Set<Int> = [200],
        accept: HTTPTransport.Acceptance? = nil
    ) throws -> HTTPResponse {
        try session.options.retries.run(for: transport.cancellation) {
            try sendOnce(request, for: scopes, operation, statuses: statuses, accept: accept)
        }
    }

    /// The same without a second attempt, but for the one with credentials.
    func sendOnce(
        _ request: HTTPRequest, for scopes: [AccessScope], _ operation: String, statuses: Set<Int> = [200],
        accept: HTTPTransport.Acceptance? = nil
    ) throws -> HTTPResponse {
        var authorization = session.authenticator.authorization(for: scopes)
        // The first answer may ask for credentials, the second find a token that has just expired.
        for _ in 0..<3 {
            let response = try follow(request, authorization, operation, accept)
            if statuses.contains(response.status) { return response }
            guard response.status == 401, response.address.hasSameOrigin(as: session.base) else {
                throw failure(operation, response)
            }
            let challenges = AuthenticationChallenge.read(response.head.values("www-authenticate"))
            guard
                let answer = try session.authenticator.answer(
                    challenges, for: scopes, refused: authorization, transport: transport)
            else { throw failure(operation, response) }
            if case .stream = request.body {
                // What went is gone. The next attempt knows the answer beforehand.
                throw TransportError(
                    .connection, request.address, "credentials were requested in the middle of a transfer")
            }
            authorization = answer
        }
        throw RegistryClientError(
            .unauthorized, operation, at: request.address, problem: "credentials are requested again and again",
            advice: loginAdvice)
    }

    /// Follows redirects by the policy; credentials stay with the registry.
    private func follow(
        _ request: HTTPRequest, _ authorization: String?, _ operation: String, _ accept: HTTPTransport.Acceptance?
    ) throws -> HTTPResponse {
        let policy = RedirectPolicy(mayBePlain: session.mayBePlain)
        var request = request
        var count = 0
        var hasLeft = !request.address.hasSameOrigin(as: session.base)
        while true {
            var hop = request
            if let authorization, !hasLeft { hop.set("Authorization", authorization) }
            let response: HTTPResponse
            do {
                response = try transport.exchange(hop, trust: try session.trust(for: hop.address), accept: accept)
            } catch let error as TransportError where [.certificate, .notTLS, .identity].contains(error.kind) {
                throw RegistrySession.distrust(error, session.name, hop.address, operation)
            }
            guard response.head.isRedirect else { return response }
            switch policy.decide(response.head, from: hop.address, of: hop.method, count: count) {
            case .refuse(let reason):
                throw RegistryClientError(.hostile, operation, at: hop.address, problem: reason)
            case .follow(let next):
                // Once elsewhere, credentials do not come back even where the way does.
                hasLeft = hasLeft || !next.hasSameOrigin(as: session.base)
                request.address = next
                count += 1
            }
        }
    }

    private func failure(_ operation: String, _ response: HTTPResponse) -> RegistryClientError {
        RegistryClientError(
            operation, response, advice: response.status == 401 || response.status == 403 ? loginAdvice : nil)
    }

    var loginAdvice: String { "run `isolab login \(session.name)`" }
}
