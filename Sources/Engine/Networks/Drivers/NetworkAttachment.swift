import Glibc
package import Linux

/// Carries out the steps of putting a sandbox into a network, in messages to the host's namespace and to the sandbox's.
package struct NetworkAttachment: ~Copyable {
    private let sandbox: Int32
    private var host: RouteConversation
    private var inside: RouteConversation

    /// - Parameter sandbox: must be open as long as this is used.
    package init(_ sandbox: borrowing OwnedDescriptor) throws(SystemError) {
        let host = try RouteConversation()
        let inside: RouteConversation
        do throws(SystemError) { inside = try RouteConversation(in: sandbox) } catch {
            _ = consume host
            throw error
        }
        self.sandbox = sandbox.number
        self.host = host
        self.inside = inside
    }

    package mutating func perform(_ steps: [NetworkStep]) throws {
        for step in steps {
            switch step {
            case .ensureBridge(let name, let hardwareAddress, let mtu, let addresses):
                try ensureBridge(name, hardwareAddress, mtu, addresses)
            case .addPair(let device, let bridge, let interface, let hardwareAddress, let mtu):
                guard let link = try host.link(bridge) else { throw NetworkError.noDevice(bridge) }
                let size = mtu.map { [RouteMessage.LinkAttribute.mtu($0)] } ?? []
                let own = hardwareAddress.isEmpty ? [] : [RouteMessage.LinkAttribute.hardwareAddress(hardwareAddress)]
                try host.perform([
                    .makeLink(
                        device, isUp: true,
                        [
                            .name(device), .bridge(link.index),
                            .isPair(
                                other: [.name(interface), .namespace(descriptor: sandbox)] + own + size),
                        ] + size)
                ])
            case .addMacvlan(let parent, let interface, let hardwareAddress, let mtu):
                guard let link = try host.link(parent) else { throw NetworkError.noDevice(parent) }
                try host.perform([
                    .makeLink(
                        interface,
                        [
                            .name(interface), .parent(link.index), .hardwareAddress(hardwareAddress),
                            .namespace(descriptor: sandbox), .isMacvlan(mode: 4),
                        ] + (mtu.map { [.mtu($0)] } ?? []))
                ])
            case .addGuestBridge(let guest): try add(guest)
            case .reflect(let device): try host.perform([.reflect(device)])
            case .allowLoopback(let bridge):
                try SystemFile.write("1", to: "/proc/sys/net/ipv4/conf/\(bridge)/route_localnet")
            case .enableLoopback: try inside.perform([.changeLink("lo", isUp: true, [.name("lo")])])
            case .configure(let interface, let addresses, let gateways):
                guard let link = try inside.link(interface) else { throw NetworkError.noDevice(interface) }
                var messages: [RouteMessage] = addresses.map {
                    .addAddress(
                        $0.address.bytes, prefixLength: UInt8(clamping: $0.prefixLength), to: link.index, interface)
                }
                if !addresses.contains(where: { !$0.address.isV4 }) {
                    messages.append(.takeNoLocalAddress(interface, link.index))
                }
                messages.append(.changeLink(interface, index: link.index, isUp: true))
                for gateway in gateways {
                    // A sandbox has one way out: the first network's.
                    var route = RouteMessage.addDefaultRoute(by: gateway.bytes, through: link.index, interface)
                    route.tolerated = [EEXIST]
                    messages.append(route)
                }
                try inside.perform(messages)
            }
        }
    }

    /// Takes a device out of the sandbox. Its other end goes with it.
    package mutating func remove(interface: String) throws(SystemError) {
        var message = RouteMessage.removeLink(name: interface)
        message.tolerated = [ENODEV]
        try inside.perform([message])
    }

    private mutating func add(_ guest: GuestBridge) throws {
        try TapDevice.make(guest.tap, in: sandbox, owner: guest.owner)
        try inside.perform([guest.makeBridge])
        var indices: [UInt32] = []
        for name in [guest.bridge, guest.tap, guest.uplink] {
            guard let link = try inside.link(name) else { throw NetworkError.noDevice(name) }
            indices.append(link.index)
        }
        try inside.perform(guest.messages(bridge: indices[0], tap: indices[1], uplink: indices[2]))
    }

    /// Known by its hardware address, which it has from the first instant; complete once it is up.
    private mutating func ensureBridge(
        _ name: String, _ hardwareAddress: [UInt8], _ mtu: UInt32?, _ addresses: [InterfaceAddress]
    ) throws {
        if try host.link(name) == nil {
            try host.perform([
                .makeLink(
                    name, [.name(name), .isBridge, .hardwareAddress(hardwareAddress)] + (mtu.map { [.mtu($0)] } ?? []))
            ])
        }
        guard let link = try host.link(name) else { throw NetworkError.noDevice(name) }
        guard link.kind == "bridge", link.hardwareAddress == hardwareAddress else {
            throw NetworkError.deviceTaken(name)
        }
        // Also of one that an earlier version made.
        try deafen(name, hasV6: addresses.contains { !$0.address.isV4 })
        guard !link.isUp else { return }
        try host.perform(
            addresses.map {
                var message = RouteMessage.addAddress(
                    $0.address.bytes, prefixLength: UInt8(clamping: $0.prefixLength), to: link.index, name)
                message.tolerated = [EEXIST]
                return message
            } + [.changeLink(name, index: link.index, isUp: true)])
    }

    /// The host takes no routes or addresses of whoever is on a bridge (CVE-2020-13401), and where the network has no addresses of
    /// IPv6, it does not speak it there.
    private func deafen(_ bridge: String, hasV6: Bool) throws {
        try SystemFile.write("0", to: "/proc/sys/net/ipv4/conf/\(bridge)/accept_redirects")
        let settings = "/proc/sys/net/ipv6/conf/\(bridge)"
        // A kernel without IPv6 has nothing to be set.
        guard access(settings, F_OK) == 0 else { return }
        try SystemFile.write("0", to: "\(settings)/accept_ra")
        try SystemFile.write("0", to: "\(settings)/accept_redirects")
        try SystemFile.write(hasV6 ? "0" : "1", to: "\(settings)/disable_ipv6")
    }
}

extension RouteMessage {
    /// Lets a device on a bridge have what it sent itself: hairpin mode. The kernel needs that where it filters what goes through bridges
    /// (br_netfilter). IFLA_LINKINFO with IFLA_INFO_SLAVE_KIND and, in IFLA_INFO_SLAVE_DATA, IFLA_BRPORT_MODE.
    static func reflect(_ device: String) -> RouteMessage {
        var message = changeLink(device, [.name(device)])
        message.payload += attribute(18, attribute(4, Array("bridge".utf8)) + attribute(5, attribute(4, [1])))
        return message
    }
}
