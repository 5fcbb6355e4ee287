import Linux

/// Devices with hardware addresses of their own on one of the host's: containers are in the host's network as machines of their own.
/// The host itself they do not reach, nor it them; that is the kernel's way.
struct MacvlanDriver: NetworkDriver {
    let name = "macvlan"
    let ownsSubnets = false

    func device(for request: NetworkRequest, id: String, _ others: [Network]) throws -> String {
        guard let parent = request.parent else {
            throw NetworkError.refused("driver macvlan needs a device of the host", advice: "use --opt parent=DEVICE")
        }
        guard Network.isDeviceName(parent) else { throw NetworkError.noDevice(parent) }
        var conversation = try RouteConversation()
        guard try conversation.link(parent) != nil else { throw NetworkError.noDevice(parent) }
        return parent
    }

    func plan(_ endpoint: Endpoint, in network: Network) -> [NetworkStep] {
        [
            .addMacvlan(
                parent: network.device, interface: endpoint.interface,
                hardwareAddress: Endpoint.bytes(ofHardwareAddress: endpoint.hardwareAddress) ?? [], mtu: network.mtu),
            .enableLoopback,
            .configure(
                interface: endpoint.interface, addresses: network.interfaceAddresses(of: endpoint),
                gateways: network.outwardGateways),
        ]
    }
}
