import Glibc
import Linux
import OCI

/// Where credentials are looked for, and where `login` puts them.
package struct CredentialStore: Sendable {
    /// The files, the one that counts most first.
    package let paths: [String]

    /// - Parameter paths: nil: `$REGISTRY_AUTH_FILE` alone where it is set; else `$XDG_RUNTIME_DIR/containers/auth.json`, then
    ///   `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`.
    package init(paths: [String]? = nil) {
        self.paths =
            paths
            ?? Self.standardPaths { name in
                getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
            }
    }

    static func standardPaths(_ environment: (String) -> String?) -> [String] {
        if let path = environment("REGISTRY_AUTH_FILE") { return [path] }
        var paths: [String] = []
        if let directory = environment("XDG_RUNTIME_DIR") { paths.append("\(directory)/containers/auth.json") }
        if let directory = environment("DOCKER_CONFIG") {
            paths.append("\(directory)/config.json")
        } else if let home = environment("HOME") {
            paths.append("\(home)/.docker/config.json")
        }
        return paths
    }

    /// What is known for a repository, or for the registry as a whole; nil: the user is nobody there.
    package func credential(for registry: String, repository: String? = nil) throws -> Credential? {
        for path in paths {
            let file = try CredentialFile(reading: path)
            switch file.entry(for: registry, repository: repository) {
            case .credential(let credential): return credential
            case .helper(let name):
                if let credential = try CredentialHelper(name).get(CredentialFile.key(of: registry)) {
                    return credential
                }
            case nil: continue
            }
        }
        return nil
    }

    /// Keeps a credential, by the helper the file names or in the file.
    ///
    /// - Returns: where it is kept now, in words.
    package func save(_ credential: Credential, for registry: String) throws -> String {
        guard let path = paths.first(where: SystemFile.exists) ?? paths.last else {
            throw SystemError(
                "store a password for", registry, errno: ENOENT,
                advice: "there is no home directory: name a file in REGISTRY_AUTH_FILE")
        }
        var file = try CredentialFile(reading: path)
        if let name = file.helper(for: registry) {
            try CredentialHelper(name).store(credential, for: CredentialFile.key(of: registry))
            return "docker-credential-\(name)"
        }
        file.set(credential, for: registry)
        try file.write()
        return path
    }

    /// Forgets a registry in every place.
    ///
    /// - Returns: the places it was taken from.
    package func remove(_ registry: String) throws -> [String] {
        var places: [String] = []
        for path in paths {
            var file = try CredentialFile(reading: path)
            if let name = file.helper(for: registry) {
                let helper = try CredentialHelper(name)
                let key = CredentialFile.key(of: registry)
                if try helper.get(key) != nil {
                    try helper.erase(key)
                    places.append("docker-credential-\(name)")
                }
            }
            if file.remove(registry) {
                try file.write()
                places.append(path)
            }
        }
        return places
    }
}
