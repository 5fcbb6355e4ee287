import Glibc
import OCI

/// What tells a registry's client from a web page in the browser of somebody who may reach the registry. A page can send requests
/// to any address (and, by a name of its own that leads to this machine, read the answers); it cannot choose the headers `Host`
/// and `Origin`.
package struct HostPolicy: Sendable {
    /// The names by which the registry may be called, besides `localhost` and addresses; nil: by any.
    package var names: Set<String>?

    package init(names: Set<String>? = nil) {
        self.names = names.map { Set($0.map { $0.lowercased() }) }
    }

    func check(_ request: RegistryRequest) throws(RegistryFault) {
        if !["GET", "HEAD"].contains(request.method), request.headers["origin"] != nil {
            throw .foreign("web pages may not change anything here (the request has an Origin header)")
        }
        try check(host: request.headers["host"])
    }

    private func check(host: String?) throws(RegistryFault) {
        guard let names, let host else { return }
        let name = Self.name(of: host)
        guard Self.isLocal(name) || names.contains(name) else {
            throw RegistryFault(
                421, .denied, "this registry does not answer to that host name; start it with --host to allow it",
                detail: name)
        }
    }

    /// The answer to whoever calls this machine by a name that is not its own; nil to others. For what is not the registry itself: its
    /// figures.
    package func refusal(ofHost host: String?) -> RegistryResponse? {
        do throws(RegistryFault) {
            try check(host: host)
            return nil
        } catch {
            return error.response
        }
    }

    /// A host without its port, in lower case; empty where it is none.
    static func name(of host: String) -> String { HostName(host)?.name ?? "" }

    /// What no page's owner can make lead elsewhere.
    private static func isLocal(_ name: String) -> Bool {
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        var address = in6_addr()
        return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
    }
}
