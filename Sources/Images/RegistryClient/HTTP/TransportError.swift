package import OCI

/// An exchange that did not come to an answer, or to one that may be used.
package struct TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Equatable, Sendable {
        /// No connection, or it broke: trying again may help.
        case connection
        /// The other end does not speak TLS, or does so in a way that is not understood.
        case notTLS
        /// The certificate is not trusted or belongs to another name.
        case certificate
        /// It asks for a certificate of ours, or does not take the one it was shown.
        case identity
        case timeout
        /// What came is more than was announced or allowed, or is not HTTP.
        case refused
        /// Asked to stop.
        case cancelled
        /// A proxy, a local file, libcurl itself.
        case local
    }

    package let kind: Kind
    /// The address, without its query.
    package let address: String
    /// What happened, as a phrase.
    package let problem: String
    /// Whether TLS stood when it happened: what does not come to an answer then is not plain HTTP.
    package let wasSecure: Bool

    package init(_ kind: Kind, _ address: HTTPAddress, _ problem: String, wasSecure: Bool = false) {
        self.wasSecure = wasSecure
        self.kind = kind
        self.address = address.withoutQuery
        self.problem = problem
    }

    /// Whether the same request may well succeed a little later.
    package var isTransient: Bool { kind == .connection || kind == .timeout }

    package var description: String { "\(address): \(problem)" }
}
