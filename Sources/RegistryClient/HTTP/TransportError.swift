public import OCI

/// An exchange that did not come to an answer, or to one that may be used.
public struct TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        /// No connection, or it broke: trying again may help.
        case connection
        /// The other end does not speak TLS, or does so in a way that is not understood.
        case notTLS
        /// The certificate is not trusted or belongs to another name.
        case certificate
        case timeout
        /// What came is more than was announced or allowed, or is not HTTP.
        case refused
        /// Asked to stop.
        case cancelled
        /// A proxy, a local file, libcurl itself.
        case local
    }

    public let kind: Kind
    /// The address, without its query.
    public let address: String
    /// What happened, as a phrase.
    public let problem: String

    public init(_ kind: Kind, _ address: HTTPAddress, _ problem: String) {
        self.kind = kind
        self.address = address.withoutQuery
        self.problem = problem
    }

    /// Whether the same request may well succeed a little later.
    public var isTransient: Bool { kind == .connection || kind == .timeout }

    public var description: String { "\(address): \(problem)" }
}
