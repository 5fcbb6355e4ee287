import OCI

extension RegistryClient {
    /// How a registry takes a user.
    package enum Welcome: Equatable, Sendable {
        case accepted
        /// It asks nobody who he is: whether the password is right, it does not tell.
        case asksNobody
    }

    /// Shows credentials to a registry, without keeping them.
    ///
    /// - Throws: `RegistryClientError` of kind `unauthorized` where it does not take them.
    package func check(_ credential: Credential, at registry: String) throws -> Welcome {
        let operation = "log in to \(registry)"
        return try RegistryClientError.telling(operation) {
            var options = options
            options.credential = credential
            let session = try RegistrySession(registry.lowercased(), options)
            let connection = RegistryConnection(session)
            var request = HTTPRequest(.get, session.base.with(target: "/v2/"))
            request.greatestDuration = options.limits.document
            do {
                _ = try connection.send(request, for: [], operation)
            } catch let error as RegistryClientError where error.kind == .unauthorized {
                throw RegistryClientError(
                    .unauthorized, operation, at: session.base,
                    problem: "the registry does not accept this name and password"
                )
            } catch let error as RegistryClientError where error.kind == .notFound {
                throw RegistryClientError(
                    .unusable, operation, at: session.base, problem: "this is not a registry (status 404)")
            }
            return session.authenticator.authorization(for: []) == nil ? .asksNobody : .accepted
        }
    }
}
