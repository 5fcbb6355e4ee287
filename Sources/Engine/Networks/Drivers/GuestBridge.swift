import Linux

/// What joins a guest to a network, in the network namespace of its cell: a bridge with two ports, a tap device that QEMU has the other
/// end of, and an end of a pair of which the other is on the network's own bridge.
///
/// The bridge has an address of its own, at which the guest asks for names. Others in the network are not to come by it: it answers
/// nobody who asks for its hardware address, knows the guest's beforehand, learns none, and has a route to the guest alone.
package struct GuestBridge: Equatable, Sendable {
    /// Of the guest's device: 0 is eth0.
    package var number: Int
    /// Of the guest's device.
    package var hardwareAddress: [UInt8]
    /// The user who opens the tap device.
    package var owner: UInt32
    package var mtu: UInt32?
    /// The guest's address, from which it asks for names; nil of a device that it does not ask by.
    package var asker: IPAddress?

    package init(
        number: Int, hardwareAddress: [UInt8], owner: UInt32, mtu: UInt32? = nil, asker: IPAddress? = nil
    ) {
        self.number = number
        self.hardwareAddress = hardwareAddress
        self.owner = owner
        self.mtu = mtu
        self.asker = asker
    }

    package static func tap(_ number: Int) -> String { "tap\(number)" }

    var tap: String { Self.tap(number) }
    var bridge: String { "br\(number)" }
    var uplink: String { "up\(number)" }

    /// Of the bridge itself, by which the guest finds the server of names: goes with the guest's, and is no endpoint's.
    package var ownHardwareAddress: [UInt8] { [0x06, 0x49] + hardwareAddress.suffix(4) }

    var makeBridge: RouteMessage { .makePlainBridge(bridge, hardwareAddress: ownHardwareAddress) }

    /// What remains to be done once the devices are there.
    func messages(bridge index: UInt32, tap tapIndex: UInt32, uplink uplinkIndex: UInt32) -> [RouteMessage] {
        let ports = [(tap, tapIndex), (uplink, uplinkIndex)]
        let size = mtu.map { [RouteMessage.LinkAttribute.mtu($0)] } ?? []
        var messages: [RouteMessage] = []
        for (name, port) in ports {
            messages += [
                .changeLink(name, index: port, [.bridge(index)] + size), .learnNothing(from: name, index: port),
                .takeNoLocalAddress(name, port),
            ]
        }
        messages += [
            .takeNoLocalAddress(bridge, index), .addStation(hardwareAddress, behind: tapIndex, tap),
            // Before it has a neighbour: the kernel forgets all of them then.
            .raiseSilent(bridge, index: index),
        ]
        if let asker, let server = IPAddress(NameService.guestAddress) {
            messages += [
                .addAddress(server.bytes, peer: asker.bytes, to: index, bridge),
                .addNeighbour(asker.bytes, hardwareAddress: hardwareAddress, through: index, bridge),
            ]
        }
        for (name, port) in ports { messages.append(.changeLink(name, index: port, isUp: true)) }
        return messages
    }
}

/// What a guest is told of its place in a network: it sets its own device up.
package struct GuestPlace: Equatable, Sendable {
    package var interface: String
    package var tap: String
    package var hardwareAddress: [UInt8]
    package var mtu: UInt32?
    package var addresses: [InterfaceAddress]
    package var gateways: [IPAddress]
    /// Where it asks for names, and the hardware address of that.
    package var nameServer: NameServer?

    package struct NameServer: Equatable, Sendable {
        package var address: IPAddress
        package var hardwareAddress: [UInt8]
    }
}

extension GuestPlace {
    /// - Parameters:
    ///   - number: of all the guest's networks; it asks for names in the first.
    ///   - owner: the user who opens tap devices.
    /// - Returns: the guest's side, and the cell's.
    package static func plan(
        _ endpoint: Endpoint, in network: Network, number: Int, owner: UInt32
    ) -> (place: GuestPlace, bridge: GuestBridge) {
        let hardwareAddress = Endpoint.bytes(ofHardwareAddress: endpoint.hardwareAddress) ?? []
        var addresses = network.interfaceAddresses(of: endpoint)
        var bridge = GuestBridge(number: number, hardwareAddress: hardwareAddress, owner: owner, mtu: network.mtu)
        var server: NameServer?
        if number == 0, let address = IPAddress(NameService.guestAddress) {
            bridge.asker = endpoint.v4
            if bridge.asker == nil, let own = IPAddress(NameService.askingAddress) {
                // In a network of IPv6 alone.
                bridge.asker = own
                addresses.append(InterfaceAddress(address: own, prefixLength: 32))
            }
            server = NameServer(address: address, hardwareAddress: bridge.ownHardwareAddress)
        }
        return (
            GuestPlace(
                interface: endpoint.interface, tap: bridge.tap, hardwareAddress: hardwareAddress, mtu: network.mtu,
                addresses: addresses, gateways: network.outwardGateways, nameServer: server), bridge
        )
    }
}
