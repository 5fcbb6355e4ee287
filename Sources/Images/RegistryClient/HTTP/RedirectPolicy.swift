import OCI

/// Which redirects are followed, and what goes along. Pure: the transport never follows one by itself.
///
/// Followed are those of GET and HEAD, for downloads live elsewhere; a content to be stored goes where the registry said when the
/// upload began. https is never left for http. Plain http leads to the same host only, or to one that may be plain.
struct RedirectPolicy: Sendable {
    static let greatestCount = 10

    /// Whether a host may be spoken to without TLS: named by the user, or this machine itself.
    var mayBePlain: @Sendable (HTTPAddress) -> Bool

    enum Decision: Equatable {
        case follow(HTTPAddress)
        /// Why not, as a phrase.
        case refuse(String)
    }

    func decide(_ head: HTTPHead, from address: HTTPAddress, of method: HTTPRequest.Method, count: Int) -> Decision {
        guard method == .get || method == .head else {
            return .refuse("a redirect (\(head.status)) of \(method.rawValue) is not followed")
        }
        guard count < Self.greatestCount else { return .refuse("more than \(Self.greatestCount) redirects") }
        guard let location = head.value("location"), let next = address.resolving(location) else {
            return .refuse("a redirect without a usable Location")
        }
        if next.scheme == .http {
            guard address.scheme == .http else { return .refuse("redirects from https to plain \(next.withoutQuery)") }
            guard next.host == address.host || mayBePlain(next), !next.isLoopback || address.isLoopback else {
                return .refuse("redirects to plain \(next.withoutQuery), another host")
            }
        }
        return .follow(next)
    }
}
