/// What a client asked, before it is understood: nothing in it is trusted.
package struct RegistryRequest: Sendable {
    package var method: String
    /// Path and query as they stand in the request line.
    package var target: String
    /// Names in lower case; of a name given twice, the values joined by commas (RFC 9110, 5.3).
    package var headers: [String: String]
    /// The address it came from.
    package var peer: String
    /// Who sent it, where that was found out.
    package var user: String?

    package init(
        method: String, target: String, headers: [String: String], peer: String = "", user: String? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.peer = peer
        self.user = user
    }

    /// How many bytes follow; nil where the client does not say (chunked). What is no number, or one beyond all, is more than any
    /// limit allows.
    package var contentLength: Int64? {
        headers["content-length"].map { HeaderNumber.number($0) ?? .max }
    }

    /// Whose account it goes to where something is counted.
    var client: ClientName { ClientName(user: user, peer: peer) }

    /// Whether a list is asked for, of tags, referrers or repositories, or what costs as much: a mount that does not say from which
    /// repository.
    package var isForList: Bool {
        guard let target = RequestTarget(target), let endpoint = try? RegistryPath(target.path) else { return false }
        return switch endpoint {
        case .catalog, .tags, .referrers: true
        case .uploads: method == "POST" && target.value("mount") != nil && target.value("from") == nil
        case .base, .blob, .manifest, .upload: false
        }
    }

    /// Whether there are no bytes to follow: with neither header there is no body (RFC 9112, 6.3).
    package var isBodyless: Bool {
        headers["transfer-encoding"] == nil && (contentLength ?? 0) == 0
    }
}
