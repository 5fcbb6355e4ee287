import CPublicSuffix
package import OCI

/// Which token server a registry may send its users' passwords to.
///
/// A registry names the address at which its tokens are had (`realm`), and the client takes the user's password there: whoever can
/// answer for the registry can ask for the password to be brought anywhere, inside the user's network as well (CVE-2020-15157,
/// CVE-2026-65388). So a realm is used only where all of this holds, whatever the credentials:
///
///  1. It is an absolute address without user information and fragment, its host in ASCII.
///  2. It is https; or http where the registry itself is being spoken to without TLS and the host is the very same.
///  3. Its host is the registry's own; or both are names, not addresses, with the same registrable domain, which is the public
///     suffix and one label more: `auth.docker.io` for `registry-1.docker.io`, never `b.github.io` for `a.github.io`.
///  4. Its port is 443, or the registry's own; or, on the same host, any from 1024 where the registry's is from 1024: a port that
///     any user of a machine can take never stands in for one that only root can.
///
/// Redirects of a realm are not followed.
package enum RealmPolicy {
    package enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        case malformed
        case notTLS
        case numeric
        case foreignHost(String)
        case foreignPort(UInt16)

        package var description: String {
            switch self {
            case .malformed: "is not an absolute http or https URL, or contains user information"
            case .notTLS: "is plain http, which only a registry that uses plain http itself may name, on its own host"
            case .numeric:
                "is not on the registry's own host, and one of the two is an IP address, which belongs to no domain"
            case .foreignHost(let host): "is on \(shown(host)), which does not belong to the registry's domain"
            case .foreignPort(let port): "is on port \(port), neither 443 nor the registry's own"
            }
        }
    }

    /// The address of a realm that may be used.
    package static func check(realm: String, of registry: HTTPAddress) throws(Refusal) -> HTTPAddress {
        guard let address = HTTPAddress(realm) else { throw .malformed }
        let isSameHost = address.host == registry.host
        if address.scheme == .http, registry.scheme == .https || !isSameHost { throw .notTLS }
        if !isSameHost {
            guard !address.isNumeric, !registry.isNumeric else { throw .numeric }
            guard let domain = registrableDomain(of: registry.host), domain == registrableDomain(of: address.host)
            else { throw .foreignHost(address.host) }
        }
        let isOwnPort = address.port == registry.port || (address.scheme == .https && address.port == 443)
        guard isOwnPort || (isSameHost && address.port >= 1024 && registry.port >= 1024) else {
            throw .foreignPort(address.port)
        }
        return address
    }

    /// The part of a name that somebody registered: `docker.io` of `registry-1.docker.io`; nil of public suffixes and of names
    /// without a dot.
    static func registrableDomain(of host: String) -> String? {
        // The answer points into the name that was asked about.
        host.withCString { name in
            guard let list = psl_builtin(), let domain = psl_registrable_domain(list, name) else { return nil }
            return String(cString: domain)
        }
    }
}
