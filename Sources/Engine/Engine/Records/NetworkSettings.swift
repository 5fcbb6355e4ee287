import Networks
import OCI

/// `NetworkSettings` of `inspect`: where a container is in networks at this moment.
struct NetworkSettings {
    /// Of `--network`.
    let name: String
    let places: [(network: Network, endpoint: Endpoint)]

    var members: [JSONTree.Member] {
        let first = places.first
        var members: [JSONTree.Member] = [
            .init("Ports", Self.bindings(places.flatMap(\.endpoint.ports)))
        ]
        members += Self.addresses(first?.network, first?.endpoint)
        let networks: [JSONTree.Member] =
            first == nil
            ? [.init(name, .object(Self.addresses(nil, nil)))]
            : places.map { place in
                .init(
                    place.network.name,
                    .object(
                        Self.addresses(place.network, place.endpoint) + [
                            .init("NetworkID", .text(place.network.id)),
                            .init("EndpointID", .text(place.endpoint.identifier(in: place.network))),
                            .init("Aliases", .list(place.endpoint.aliases.map { .text($0) })),
                            .init("DNSNames", .list(place.endpoint.names.map { .text($0) })),
                        ]))
            }
        members.append(.init("Networks", .object(networks)))
        return members
    }

    private static func addresses(_ network: Network?, _ endpoint: Endpoint?) -> [JSONTree.Member] {
        let hasV4 = endpoint?.v4 != nil
        let hasV6 = endpoint?.v6 != nil
        return [
            .init("IPAddress", .text(endpoint?.v4?.description ?? "")),
            .init("IPPrefixLen", .number(hasV4 ? network?.v4?.subnet.prefixLength ?? 0 : 0)),
            .init("Gateway", .text(hasV4 ? network?.v4?.gateway?.description ?? "" : "")),
            .init("GlobalIPv6Address", .text(endpoint?.v6?.description ?? "")),
            .init("GlobalIPv6PrefixLen", .number(hasV6 ? network?.v6?.subnet.prefixLength ?? 0 : 0)),
            .init("IPv6Gateway", .text(hasV6 ? network?.v6?.gateway?.description ?? "" : "")),
            .init("MacAddress", .text(endpoint?.hardwareAddress ?? "")),
        ]
    }

    /// `{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}`
    static func bindings(_ ports: [PublishedPort]) -> JSONTree {
        var members: [JSONTree.Member] = []
        for port in ports {
            let name = "\(port.containerPort)/\(port.transport.rawValue)"
            let binding = JSONTree.object([
                .init("HostIp", .text(port.address?.description ?? "0.0.0.0")),
                .init("HostPort", .text(port.port == 0 ? "" : "\(port.port)")),
            ])
            if let index = members.firstIndex(where: { $0.name == name }) {
                members[index].value = .list((members[index].value.elements ?? []) + [binding])
            } else {
                members.append(.init(name, .list([binding])))
            }
        }
        return .object(members)
    }
}

extension Endpoint {
    /// By which others in the network find it.
    fileprivate var names: [String] { [name] + aliases + [String(container.prefix(12))] }
}

extension RunOptions {
    /// `NetworkMode` of `inspect`.
    var networkName: String {
        switch network {
        case .none: "none"
        case .host: "host"
        case .container(let name): "container:\(name)"
        case .networks: networking.joins.first?.network ?? "none"
        }
    }
}
