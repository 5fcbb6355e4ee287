package import OCI

/// What did not go well with a registry: what was attempted, where, its answer, and what to do next.
///
/// Printed as one line, without credentials and without queries.
package struct RegistryClientError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Equatable, Sendable {
        /// Status 401: who is asking?
        case unauthorized
        /// Status 403: not for this user.
        case denied
        /// Status 404: no such repository, manifest or blob; registries say it of what is hidden, too.
        case notFound
        /// Status 429.
        case tooManyRequests
        /// Status 5xx or 408.
        case unavailable
        /// Any other status that is no success.
        case rejected
        /// An answer outside of the specification.
        case protocolViolation
        /// An answer that could do harm if it were heeded.
        case hostile
        /// The content is not what its digest or its descriptor says.
        case wrongContent
        /// The name has no image for the platform.
        case noPlatform
        /// The registry speaks plain HTTP, or its certificate is not trusted.
        case insecure
        /// No connection, or none that lasted, after every attempt.
        case unreachable
        /// Asked to stop.
        case cancelled
        /// What is asked for cannot be done with what is stored here.
        case unusable
    }

    package let kind: Kind
    /// What was attempted, as a phrase: `pull library/busybox:latest`.
    package let operation: String
    /// The address without its query; nil where the failure is not one of an address.
    package let address: String?
    package let status: Int?
    /// The registry's own words.
    package let errors: [RegistryError]
    /// What is wrong, where the status does not say it.
    package let problem: String?
    /// What the user can do next, where isolab knows.
    package private(set) var advice: String?
    /// Seconds the registry asks to wait.
    package let retryAfter: Int?

    package init(
        _ kind: Kind, _ operation: String, at address: HTTPAddress? = nil, problem: String, advice: String? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.address = address?.withoutQuery
        status = nil
        errors = []
        self.problem = problem
        self.advice = advice
        retryAfter = nil
    }

    /// An exchange that did not come to an answer.
    init(_ operation: String, _ error: TransportError) {
        kind =
            switch error.kind {
            case .connection, .timeout: .unreachable
            case .refused: .protocolViolation
            case .notTLS, .certificate: .insecure
            case .identity: .unauthorized
            case .cancelled: .cancelled
            case .local: .unusable
            }
        self.operation = operation
        address = error.address
        status = nil
        errors = []
        problem = error.problem
        advice = nil
        retryAfter = nil
    }

    /// An answer that is not the one hoped for.
    init(_ operation: String, _ response: HTTPResponse, advice: String? = nil) {
        kind = Self.kind(of: response.status)
        self.operation = operation
        address = response.address.withoutQuery
        status = response.status
        errors = (try? RegistryErrors(json: response.body))?.errors ?? []
        problem = Self.problem(of: response.status)
        self.advice = advice
        retryAfter = response.head.value("retry-after").flatMap { RetryPolicy.seconds(retryAfter: $0) }
    }

    /// The same with what the user can do next, where nothing was known to be done.
    func advising(_ advice: String) -> RegistryClientError {
        var error = self
        error.advice = self.advice ?? advice
        return error
    }

    /// What is wrong with a success that is not the one hoped for.
    private static func problem(of status: Int) -> String? {
        switch status {
        case 204: "the answer has no content"
        case 206: "the answer is a part of the content, and the whole was requested"
        case 200...299: "the answer is a success status that the specification does not have here"
        case 304: "the answer is that nothing was modified, which was not requested"
        default: nil
        }
    }

    private static func kind(of status: Int) -> Kind {
        switch status {
        case 200...299, 304: .protocolViolation
        case 401: .unauthorized
        case 403: .denied
        case 404: .notFound
        case 429: .tooManyRequests
        case 408, 500, 502, 503, 504: .unavailable
        default: .rejected
        }
    }

    /// Runs a part of an operation, and says what of it did not come to an answer.
    static func telling<Result>(_ operation: String, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as TransportError {
            throw RegistryClientError(operation, error)
        } catch is CancellationError {
            throw RegistryClientError(.cancelled, operation, problem: "was asked to stop")
        }
    }

    /// Whether the same request may well succeed a little later.
    package var isTransient: Bool { kind == .tooManyRequests || kind == .unavailable }

    package var description: String {
        var text = operation
        if let address { text += ": \(address)" }
        if let status { text += ": status \(status)" }
        if let problem { text += ": \(problem)" }
        if !errors.isEmpty { text += ": " + errors.prefix(4).map { "\($0)" }.joined(separator: "; ") }
        if let advice { text += "; \(advice)" }
        return text
    }
}
