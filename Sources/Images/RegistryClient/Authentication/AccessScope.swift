import Linux
import OCI

/// What a token is to allow (distribution project, "Token Scope Documentation").
package struct AccessScope: Hashable, Sendable, CustomStringConvertible {
    package enum Action: String, Sendable {
        case pull, push, delete
    }

    package let repository: String
    package let actions: [Action]

    package init(_ repository: String, _ actions: Action...) {
        self.repository = repository
        self.actions = actions
    }

    /// `repository:library/busybox:pull,push`
    package var description: String {
        "repository:\(repository):" + actions.map(\.rawValue).joined(separator: ",")
    }
}

/// A token and how long it is good for.
struct AccessToken: Equatable, Sendable {
    static let greatestLength = 64 << 10

    var value: String
    /// Seconds from the moment it was given.
    var lifetime: Int

    /// Reads a token server's answer (distribution project, "Token Authentication Specification").
    init(json: [UInt8]) throws(ConfigurationError) {
        let tree = try JSONTree(json: json, document: "token server's answer")
        func fail(_ problem: String) -> ConfigurationError {
            ConfigurationError(document: "token server's answer", path: "", problem: problem)
        }
        guard
            let value = [tree["token"]?.string, tree["access_token"]?.string].compactMap({ $0 }).first(where: {
                !$0.isEmpty
            })
        else { throw fail("holds no token") }
        // It becomes a part of a field: visible ASCII, no more.
        guard value.utf8.count <= Self.greatestLength, value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw fail("holds a token that cannot be sent")
        }
        self.value = value
        var seconds = 60
        if case .number(let digits)? = tree["expires_in"], let number = Int(digits) { seconds = number }
        // The specification's default and least, against servers that say nothing or nonsense; a day at most.
        lifetime = min(max(seconds, 60), 24 * 3600)
    }
}
