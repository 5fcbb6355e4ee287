import Glibc
import Linux
import OCI

/// A file of credentials as Docker (`config.json`) and containers (`auth.json`, containers-auth.json(5)) keep it: what is not known
/// here stays as it is when it is written back.
package struct CredentialFile: Equatable, Sendable {
    /// Greater files are refused.
    static let greatestSize = 4 << 20

    package let path: String
    private(set) var tree: JSONTree

    /// Reads a file; one that is not there is empty.
    package init(reading path: String) throws {
        self.path = path
        guard SystemFile.exists(path) else {
            tree = .object([])
            return
        }
        let bytes = try SystemFile.bytes(of: path, limit: 16 << 20)
        guard bytes.count <= Self.greatestSize else {
            throw ConfigurationError(document: path, path: "", problem: "is greater than 4 MiB")
        }
        tree = bytes.isEmpty ? .object([]) : try JSONTree(json: bytes, document: path)
        guard tree.members != nil else {
            throw ConfigurationError(document: path, path: "", problem: "is not an object")
        }
    }

    init(path: String, tree: JSONTree) {
        self.path = path
        self.tree = tree
    }

    /// How a registry's secrets are kept here.
    enum Entry: Equatable {
        case credential(Credential)
        /// By the program `docker-credential-<name>`.
        case helper(String)
    }

    /// What the file says for a repository of a registry, its longest match: a helper of the registry's own, an entry for the
    /// repository or a part of its path, one for the registry, the helper for all.
    func entry(for registry: String, repository: String?) -> Entry? {
        for name in Self.names(of: registry) {
            if let helper = tree["credHelpers"]?[name]?.string, !helper.isEmpty { return .helper(helper) }
        }
        if let helper = tree["credsStore"]?.string, !helper.isEmpty { return .helper(helper) }
        let entries = tree["auths"]?.members ?? []
        for key in Self.keys(for: registry, repository: repository) {
            for entry in entries where Self.normalized(entry.name) == key {
                if let credential = Self.credential(entry.value) { return .credential(credential) }
            }
        }
        return nil
    }

    /// The helper that `login` and `logout` go to, where the file names one.
    func helper(for registry: String) -> String? {
        if case .helper(let name) = entry(for: registry, repository: nil) { return name }
        return nil
    }

    /// Puts a credential in, instead of what was there for the registry.
    mutating func set(_ credential: Credential, for registry: String) {
        remove(registry)
        var entry = JSONTree.object([])
        switch credential {
        case .password: entry["auth"] = credential.encoded.map { .text($0) }
        case .identityToken(let token): entry["identitytoken"] = .text(token)
        }
        var entries = tree["auths"] ?? .object([])
        entries[Self.key(of: registry)] = entry
        tree["auths"] = entries
    }

    /// Takes out what is kept for a registry.
    ///
    /// - Returns: whether there was something.
    @discardableResult
    mutating func remove(_ registry: String) -> Bool {
        guard let entries = tree["auths"]?.members else { return false }
        let names = Self.names(of: registry)
        let kept = entries.filter { !names.contains(Self.normalized($0.name)) }
        tree["auths"] = .object(kept)
        return kept.count < entries.count
    }

    /// Writes the file whole or not at all, for its owner's eyes.
    func write() throws(SystemError) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try SystemFile.makeDirectories(String(path[..<slash]), mode: 0o700)
        }
        // A link, as some keep their settings in one repository, stays one.
        let target = realpath(path, nil).map { resolved in
            defer { free(resolved) }
            return String(cString: resolved)
        }
        try SystemFile.replace(target ?? path, with: tree.json(indented: true) + [0x0A], durability: .content)
    }

    // MARK: Names

    /// What Docker's hub is called in such files.
    static let dockerKey = "https://index.docker.io/v1/"

    static func key(of registry: String) -> String {
        registry == ImageReference.defaultRegistry ? dockerKey : registry
    }

    private static func names(of registry: String) -> [String] {
        registry == ImageReference.defaultRegistry
            ? ["index.docker.io", "docker.io", "registry-1.docker.io"] : [registry.lowercased()]
    }

    /// The names to look for, the longest first.
    private static func keys(for registry: String, repository: String?) -> [String] {
        names(of: registry).flatMap { name in
            var keys: [String] = []
            var path = Substring(repository ?? "")
            while !path.isEmpty {
                keys.append("\(name)/\(path)")
                path = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
            }
            return keys + [name]
        }
    }

    /// Without scheme and the version that old entries have: `https://host/v1/` is `host`.
    private static func normalized(_ key: String) -> String {
        var rest = Substring(key)
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            while rest.hasSuffix("/") { rest = rest.dropLast() }
            for version in ["/v1", "/v2"] where rest.hasSuffix(version) { rest = rest.dropLast(version.count) }
        }
        guard let slash = rest.firstIndex(of: "/") else { return rest.lowercased() }
        return rest[..<slash].lowercased() + rest[slash...]
    }

    private static func credential(_ entry: JSONTree) -> Credential? {
        if let token = entry["identitytoken"]?.string, !token.isEmpty { return .identityToken(token) }
        if let encoded = entry["auth"]?.string, !encoded.isEmpty { return Credential(encoded: encoded) }
        if let user = entry["username"]?.string, let password = entry["password"]?.string, !user.isEmpty {
            return .password(user: user, password: password)
        }
        return nil
    }
}
