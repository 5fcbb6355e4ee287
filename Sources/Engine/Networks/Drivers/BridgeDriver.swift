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
        var steps: [NetworkStep] = [
            .ensureBridge(
                name: network.device, hardwareAddress: network.hardwareAddress, mtu: network.mtu,
                addresses: network.pools.compactMap { pool in
                    pool.gateway.map { InterfaceAddress(address: $0, prefixLength: pool.subnet.prefixLength) }
                }),
            .addPair(
                device: endpoint.device, bridge: network.device, interface: endpoint.interface,
                hardwareAddress: Endpoint.bytes(ofHardwareAddress: endpoint.hardwareAddress) ?? [], mtu: network.mtu),
        ]
        if !endpoint.ports.isEmpty {
            steps += [.reflect(device: endpoint.device), .allowLoopback(bridge: network.device)]
        }
        steps += [
            .enableLoopback,
            .configure(
                interface: endpoint.interface, addresses: network.interfaceAddresses(of: endpoint),
                gateways: network.outwardGateways),
        ]
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
