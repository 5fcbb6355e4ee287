import Glibc
import Linux
import OCI

/// Whom to believe for a host: the system's authorities, and those put down for it in a directory, as Docker does it
/// (`certs.d/HOST[:PORT]/`): `*.crt` are authorities, `NAME.cert` with `NAME.key` is a client's certificate.
struct HostTrust: Sendable {
    static let standardRoots = ["/etc/isolab/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d"]

    var roots = HostTrust.standardRoots
    /// A directory of the user's choice, instead of those for a host: its authorities for every host asked on behalf of the
    /// registry, its certificate for the registry alone.
    var directory: String?
    /// Hosts as the user names them, whose certificates are not looked at.
    var unverified: Set<String> = []

    /// - Parameters:
    ///   - name: what the user calls the registry; nil for another host on its behalf.
    ///   - address: the host to be spoken to.
    func trust(for address: HTTPAddress, registry name: String?) throws(SystemError) -> TransportTrust {
        var trust = TransportTrust()
        trust.verifies = !unverified.contains(address.authority) && name.map { unverified.contains($0) } != true
        var authorities: [UInt8] = []
        for directory in directories(for: address, registry: name) where SystemFile.exists(directory) {
            let names = try SystemFile.names(in: directory)
            for file in names where file.hasSuffix(".crt") {
                authorities += try SystemFile.bytes(of: "\(directory)/\(file)") + [0x0A]
            }
            guard self.directory == nil || name != nil else { continue }
            for file in names where file.hasSuffix(".cert") && trust.identity == nil {
                let key = "\(directory)/\(file.dropLast(5)).key"
                guard SystemFile.exists(key) else {
                    throw SystemError(
                        "use client certificate", "\(directory)/\(file)", errno: ENOENT,
                        advice: "its key belongs in \(key)")
                }
                trust.identity = .init(certificate: "\(directory)/\(file)", key: key)
            }
        }
        if !authorities.isEmpty {
            if let path = HTTPTransport.systemAuthorities, let system = try? SystemFile.bytes(of: path) {
                authorities += system
            }
            trust.authorities = authorities
        } else if let path = getenv("SSL_CERT_FILE"), path.pointee != 0 {
            trust.authorities = try SystemFile.bytes(of: String(cString: path))
        }
        return trust
    }

    private func directories(for address: HTTPAddress, registry name: String?) -> [String] {
        if let directory { return [directory] }
        return roots.flatMap { root in
            ([name, address.authority].compactMap { $0 }).reduce(into: [String]()) { paths, host in
                if !paths.contains("\(root)/\(host)") { paths.append("\(root)/\(host)") }
            }
        }
    }
}
