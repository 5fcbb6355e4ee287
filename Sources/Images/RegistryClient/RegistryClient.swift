import Synchronization

/// Registries from the asking side (OCI distribution specification 1.1).
///
/// Calls block until they are done; several threads may make them at once.
package final class RegistryClient: Sendable {
    package let options: ClientOptions
    private let sessions = Mutex<[String: RegistrySession]>([:])

    package init(_ options: ClientOptions = ClientOptions()) { self.options = options }

    /// What is known of a registry, found out once.
    func session(for registry: String) throws -> RegistrySession {
        let name = registry.lowercased()
        return try sessions.withLock { sessions in
            if let session = sessions[name] { return session }
            let session = try RegistrySession(name, options)
            sessions[name] = session
            return session
        }
    }
}
