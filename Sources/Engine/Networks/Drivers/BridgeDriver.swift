import Glibc
import Linux

/// A bridge of the host: containers on one reach each other and the host, and, through the host's own address, what lies beyond.
struct BridgeDriver: NetworkDriver {
    let name = "bridge"
    let isRouted = true

    func device(for request: NetworkRequest, id: String, _ others: [Network]) throws -> String {
        if request.parent != nil {
            throw NetworkError.refused("a bridge has no parent device", advice: "omit --opt parent, or use -d macvlan")
        }
        guard request.name == Network.defaultName, !others.contains(where: { $0.device == "isolab0" }) else {
            return "il" + id.prefix(12)
        }
        var conversation = try RouteConversation()
        // Another data directory's, or somebody else's.
        return try conversation.link("isolab0") == nil ? "isolab0" : "il" + id.prefix(12)
    }

    func plan(_ endpoint: Endpoint, in network: Network) -> [NetworkStep] {
        joining(
            endpoint, network, interface: endpoint.interface,
            hardwareAddress: Endpoint.bytes(ofHardwareAddress: endpoint.hardwareAddress) ?? []
        ) + [
            .enableLoopback,
            .configure(
                interface: endpoint.interface, addresses: network.interfaceAddresses(of: endpoint),
                gateways: network.outwardGateways),
        ]
    }

    func plan(_ endpoint: Endpoint, in network: Network, guest: GuestBridge) -> [NetworkStep]? {
        // The guest's own device has the endpoint's hardware address: no other may.
        joining(endpoint, network, interface: guest.uplink, hardwareAddress: []) + [
            .enableLoopback, .addGuestBridge(guest),
        ]
    }

    /// The network's bridge, with a device of the sandbox on it.
    private func joining(
        _ endpoint: Endpoint, _ network: Network, interface: String, hardwareAddress: [UInt8]
    ) -> [NetworkStep] {
        var steps: [NetworkStep] = [
            .ensureBridge(
                name: network.device, hardwareAddress: network.hardwareAddress, mtu: network.mtu,
                addresses: network.pools.compactMap { pool in
                    pool.gateway.map { InterfaceAddress(address: $0, prefixLength: pool.subnet.prefixLength) }
                }),
            .addPair(
                device: endpoint.device, bridge: network.device, interface: interface,
                hardwareAddress: hardwareAddress, mtu: network.mtu),
        ]
        if !endpoint.ports.isEmpty {
            steps += [.reflect(device: endpoint.device), .allowLoopback(bridge: network.device)]
        }
        return steps
    }

    func remove(_ network: Network) throws {
        var conversation = try RouteConversation()
        guard let link = try conversation.link(network.device), link.hardwareAddress == network.hardwareAddress
        else { return }
        var message = RouteMessage.removeLink(name: network.device)
        message.tolerated = [ENODEV]
        try conversation.perform([message])
    }
}
