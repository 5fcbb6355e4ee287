internal import Glibc
internal import Linux

/// A network device of a guest, and what the guest makes of it: a value.
package struct GuestInterface: Hashable, Sendable {
    /// In the guest.
    package var name: String
    /// The tap device, in the cell, that QEMU has the other end of.
    package var device: String
    /// Six bytes, by which the guest finds it.
    package var hardwareAddress: [UInt8]
    package var mtu: UInt32?
    package var addresses: [Address]
    /// Where everything else is sent to: at most one of a family.
    package var gateways: [[UInt8]]
    /// Where names are asked for.
    package var nameServer: Neighbour?

    /// Four bytes or sixteen, with the length of its subnet's prefix.
    package struct Address: Hashable, Sendable {
        package var bytes: [UInt8]
        package var prefixLength: UInt8

        package init(bytes: [UInt8], prefixLength: UInt8) {
            self.bytes = bytes
            self.prefixLength = prefixLength
        }
    }

    /// Somebody on the same link whose hardware address is known beforehand: nobody else can claim to be him.
    package struct Neighbour: Hashable, Sendable {
        package var address: [UInt8]
        package var hardwareAddress: [UInt8]

        package init(address: [UInt8], hardwareAddress: [UInt8]) {
            self.address = address
            self.hardwareAddress = hardwareAddress
        }
    }

    package init(
        name: String, device: String, hardwareAddress: [UInt8], mtu: UInt32? = nil, addresses: [Address] = [],
        gateways: [[UInt8]] = [], nameServer: Neighbour? = nil
    ) {
        self.name = name
        self.device = device
        self.hardwareAddress = hardwareAddress
        self.mtu = mtu
        self.addresses = addresses
        self.gateways = gateways
        self.nameServer = nameServer
    }

    /// As libvirt writes it.
    var hardwareText: String {
        hardwareAddress.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }

    // MARK: - What the guest asks of its kernel

    /// The messages that set a guest's devices up, each for one of them by its place here. The guest puts the device's index in, where
    /// it is 0, and sends them one after the other.
    static func messages(_ interfaces: [GuestInterface]) -> [(place: Int, message: RouteMessage)] {
        // The kernel's own names may be those of others among them.
        let aside = interfaces.indices.map { (place: $0, message: name("isolab\($0)", interfaces[$0])) }
        return aside
            + interfaces.indices.flatMap { place in interfaces[place].messages.map { (place: place, message: $0) } }
    }

    private static func name(_ name: String, _ interface: GuestInterface) -> RouteMessage {
        .changeLink(interface.name, [.name(name)])
    }

    private var messages: [RouteMessage] {
        var messages = [Self.name(name, self)]
        if let mtu { messages.append(.changeLink(name, [.mtu(mtu)])) }
        messages += addresses.map { .addAddress($0.bytes, prefixLength: $0.prefixLength, to: 0, name) }
        if !addresses.contains(where: { $0.bytes.count == 16 }) { messages.append(.takeNoLocalAddress(name, 0)) }
        messages.append(.changeLink(name, isUp: true))
        for gateway in gateways {
            // A guest has one way out: the first network's.
            var route = RouteMessage.addDefaultRoute(by: gateway, through: 0, name)
            route.tolerated = [EEXIST]
            messages.append(route)
        }
        if let nameServer {
            messages += [
                .addNeighbour(nameServer.address, hardwareAddress: nameServer.hardwareAddress, through: 0, name),
                .addRoute(to: nameServer.address, through: 0, name),
            ]
        }
        return messages
    }
}
