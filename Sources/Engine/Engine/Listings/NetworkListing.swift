import Linux
import Networks
import OCI
package import Presentation

extension Listing {
    /// `isolab network ls`
    package static func networks(_ networks: [NetworkWithEndpoints], noTruncation: Bool = false) -> Listing {
        Listing(
            [
                Column("ID", "NETWORK ID"), Column("Name", "NAME", .kept), Column("Driver", "DRIVER"),
                Column("Scope", "SCOPE"), Column("Subnets", "SUBNETS"), Column("Containers", "CONTAINERS", .cutLast),
            ],
            further: [
                "CreatedAt": "CREATED AT", "Internal": "INTERNAL", "IPv4": "IPV4", "IPv6": "IPV6",
                "Labels": "LABELS", "Device": "DEVICE",
            ],
            hidden: ["Label"],
            rows: networks.map { found in
                let network = found.network
                return .object([
                    .init("ID", .text(noTruncation ? network.id : String(network.id.prefix(12)))),
                    .init("Name", .text(network.name)), .init("Driver", .text(network.driver)),
                    .init("Scope", .text("local")),
                    .init("Subnets", .text(network.pools.map { "\($0.subnet)" }.joined(separator: ","))),
                    .init("Containers", .text(found.endpoints.map(\.name).joined(separator: ","))),
                    .init("CreatedAt", .text(network.created)), .init("Internal", .bool(network.isInternal)),
                    .init("IPv4", .bool(network.v4 != nil)), .init("IPv6", .bool(network.v6 != nil)),
                    .init("Device", .text(network.device)),
                    .init("Label", JSONTree(network.labels)),
                    .init(
                        "Labels",
                        .text(
                            network.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                                .joined(separator: ","))),
                ])
            })
    }
}

extension Engine {
    /// The text of `isolab network inspect`, and what is wrong with the names of which it does not tell.
    package func inspectNetworks(_ names: [String], format: String?) throws -> (text: String, faults: [any Error]) {
        try releaseLeftovers()
        let template = try InspectionFormat.template(format)
        var found: [JSONTree] = []
        var faults: [any Error] = []
        for name in names {
            do {
                let network = try networks.find(name)
                found.append(Self.inspection(of: network, try networks.endpoints(of: network)))
            } catch {
                faults.append(error)
            }
        }
        return (try InspectionFormat.text(found, template), faults)
    }

    static func inspection(of network: Network, _ endpoints: [Endpoint]) -> JSONTree {
        let pools: [JSONTree] = network.pools.map { pool in
            var members: [JSONTree.Member] = [.init("Subnet", .text("\(pool.subnet)"))]
            if let range = pool.range { members.append(.init("IPRange", .text("\(range)"))) }
            if let gateway = pool.gateway { members.append(.init("Gateway", .text("\(gateway)"))) }
            return .object(members)
        }
        func address(_ address: IPAddress?, _ pool: AddressPool?) -> JSONTree {
            guard let address, let pool else { return .text("") }
            return .text("\(address)/\(pool.subnet.prefixLength)")
        }
        let containers: [JSONTree.Member] = endpoints.map { endpoint in
            .init(
                endpoint.container,
                .object([
                    .init("Name", .text(endpoint.name)), .init("EndpointID", .text(endpoint.identifier(in: network))),
                    .init("MacAddress", .text(endpoint.hardwareAddress)),
                    .init("IPv4Address", address(endpoint.v4, network.v4)),
                    .init("IPv6Address", address(endpoint.v6, network.v6)),
                    .init("Interface", .text(endpoint.interface)), .init("Device", .text(endpoint.device)),
                ]))
        }
        let addresses: [JSONTree.Member] = [
            .init("Driver", .text("default")), .init("Options", .object([])), .init("Config", .list(pools)),
        ]
        // Under the names that Docker has for them.
        var options: [JSONTree.Member] =
            network.mtu.map { [.init("com.docker.network.driver.mtu", .text("\($0)"))] } ?? []
        if network.driver == "macvlan" { options.append(.init("parent", .text(network.device))) }
        return .object([
            .init("Name", .text(network.name)), .init("Id", .text(network.id)),
            .init("Created", .text(network.created)), .init("Scope", .text("local")),
            .init("Driver", .text(network.driver)), .init("Device", .text(network.device)),
            .init("EnableIPv4", .bool(network.v4 != nil)), .init("EnableIPv6", .bool(network.v6 != nil)),
            .init("IPAM", .object(addresses)), .init("Internal", .bool(network.isInternal)),
            // Of Docker's swarm, which is not here.
            .init("Attachable", .bool(false)), .init("Ingress", .bool(false)), .init("ConfigOnly", .bool(false)),
            .init("ConfigFrom", .object([.init("Network", .text(""))])), .init("Containers", .object(containers)),
            .init("Options", .object(options)), .init("Labels", JSONTree(network.labels)),
        ])
    }
}

extension Endpoint {
    /// What tells it from all others, as long as its container is in the network: 64 hexadecimal digits.
    func identifier(in network: Network) -> String {
        String(Digest(sha256Of: "\(network.id) \(container)".utf8).hexadecimal)
    }
}
