package import Linux

/// Whom names lead to, for each container in networks: a value, made of the records.
package struct NameTable: Equatable, Sendable {
    /// By network and name.
    private var names: [String: [String: [IPAddress]]] = [:]
    /// By network and address.
    private var holders: [String: [IPAddress: String]] = [:]
    /// The networks of each container, and whom it asks for other names.
    private var places: [String: (networks: [String], servers: [IPAddress], isInternal: Bool)] = [:]

    package static func == (left: NameTable, right: NameTable) -> Bool {
        left.names == right.names && left.holders == right.holders
            && left.places.keys.sorted() == right.places.keys.sorted()
    }

    package init(_ networks: [(network: Network, endpoints: [Endpoint])] = []) {
        for (network, endpoints) in networks {
            for endpoint in endpoints {
                var place = places[endpoint.container] ?? ([], [], true)
                place.networks.append(network.id)
                place.isInternal = place.isInternal && network.isInternal
                place.servers += endpoint.nameServers
                places[endpoint.container] = place
                let own = Set([endpoint.name, String(endpoint.container.prefix(12))] + endpoint.aliases)
                for name in own.map(Self.small) {
                    names[network.id, default: [:]][name, default: []] += endpoint.addresses
                    // The network's name may follow, as podman has it.
                    names[network.id, default: [:]]["\(name).\(Self.small(network.name))", default: []] +=
                        endpoint.addresses
                }
                for address in endpoint.addresses { holders[network.id, default: [:]][address] = endpoint.name }
            }
        }
    }

    package init(_ store: NetworkStore) throws(SystemError) {
        var networks: [(network: Network, endpoints: [Endpoint])] = []
        for network in try store.networks() { networks.append((network, try store.endpoints(of: network))) }
        self.init(networks)
    }

    package var containers: Set<String> { Set(places.keys) }

    /// What a container is answered; nil: the name is not of its networks.
    package func addresses(of name: String, for container: String) -> [IPAddress]? {
        var found: [IPAddress]?
        for network in places[container]?.networks ?? [] {
            guard let addresses = names[network]?[name] else { continue }
            found = (found ?? []) + addresses
        }
        return found
    }

    /// The name of an address in a container's networks, by the name that is asked for: `2.0.200.10.in-addr.arpa`.
    package func holder(of name: String, for container: String) -> String? {
        guard let address = Self.address(ofPointer: name) else { return nil }
        return places[container]?.networks.lazy.compactMap { holders[$0]?[address] }.first
    }

    /// Whom a container asks for other names; nil: nobody, as nothing outside is reached from where it is. Servers of its own would be asked
    /// by the host, and be a way outside.
    package func servers(for container: String, host: [IPAddress]) -> [IPAddress]? {
        guard let place = places[container], !place.isInternal else { return nil }
        return place.servers.isEmpty ? host : place.servers
    }

    static func address(ofPointer name: String) -> IPAddress? {
        if name.ends(".in-addr.arpa") {
            let parts = name.parts(between: ".").dropLast(2).reversed().map { UInt8($0) }
            guard parts.count == 4 else { return nil }
            let bytes = parts.compactMap { $0 }
            return bytes.count == 4 ? IPAddress(bytes: bytes) : nil
        }
        guard name.ends(".ip6.arpa") else { return nil }
        let digits = name.parts(between: ".").dropLast(2).reversed().map { UInt8($0, radix: 16) }
        guard digits.count == 32, digits.allSatisfy({ ($0 ?? 16) < 16 }) else { return nil }
        let numbers = digits.compactMap { $0 }
        return IPAddress(bytes: stride(from: 0, to: 32, by: 2).map { numbers[$0] << 4 | numbers[$0 + 1] })
    }

    private static func small(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
