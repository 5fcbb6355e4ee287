internal import Glibc

/// What a guest's place in a network takes beside a container's: a bridge that knows its two ports beforehand, and neighbours that
/// nobody has to ask for.
extension RouteMessage {
    /// Numbers of <linux/rtnetlink.h>, <linux/neighbour.h>, <linux/if.h> and <linux/if_bridge.h>.
    private enum Value {
        static let newNeighbour: UInt16 = 28
        /// A request to be acknowledged, that makes what is not there and replaces what is.
        static let replacing: UInt16 = 0x505
        static let isUp: UInt32 = 0x1
        static let resolvesNothing: UInt32 = 0x80
        static let bridgeFamily: UInt8 = 7
        static let permanent: UInt16 = 0x80
        static let needsNoProof: UInt16 = 0x40
        static let ofMaster: UInt8 = 0x04
    }

    // MARK: - Devices

    /// Makes a bridge that forwards what it gets to every port but those it knows better, and asks nobody who listens to what.
    package static func makePlainBridge(_ name: String, hardwareAddress: [UInt8]) -> RouteMessage {
        var message = makeLink(name, [.name(name), .hardwareAddress(hardwareAddress)])
        // IFLA_LINKINFO with IFLA_INFO_KIND and, in IFLA_INFO_DATA, IFLA_BR_MCAST_SNOOPING.
        message.payload += attribute(18, attribute(1, Array("bridge".utf8)) + attribute(2, attribute(23, [0])))
        return message
    }

    /// Brings a device up that neither asks for hardware addresses nor tells its own (IFF_NOARP).
    package static func raiseSilent(_ object: String, index: UInt32) -> RouteMessage {
        let flags = Value.isUp | Value.resolvesNothing
        return RouteMessage(
            type: Number.newLink, flags: Number.acknowledged, payload: link(index, flags: flags, change: flags),
            operation: "change network device", object: object)
    }

    /// A bridge does not learn from what comes in by a port: IFLA_LINKINFO with IFLA_INFO_SLAVE_KIND and, in IFLA_INFO_SLAVE_DATA,
    /// IFLA_BRPORT_LEARNING.
    package static func learnNothing(from object: String, index: UInt32) -> RouteMessage {
        var message = changeLink(object, index: index)
        message.payload += attribute(18, attribute(4, Array("bridge".utf8)) + attribute(5, attribute(8, [0])))
        return message
    }

    /// Gives a device no address of IPv6 by itself, so that it does not speak it, and believes no router that a neighbour plays: where a
    /// network has none, nobody looks for it there. IFLA_AF_SPEC with IFLA_INET6_ADDR_GEN_MODE.
    package static func takeNoLocalAddress(_ object: String, _ index: UInt32) -> RouteMessage {
        var message = changeLink(object, index: index)
        message.payload += attribute(26, attribute(10, attribute(8, [1])))
        // A kernel without IPv6.
        message.tolerated = [EAFNOSUPPORT, EOPNOTSUPP]
        return message
    }

    // MARK: - Addresses, routes and neighbours

    /// Gives a device an address of IPv4 by which it reaches one other, and nobody else.
    package static func addAddress(
        _ address: [UInt8], peer: [UInt8], to index: UInt32, _ object: String
    ) -> RouteMessage {
        RouteMessage(
            type: Number.newAddress, flags: Number.making,
            payload: [2, 32, 0, 0] + bytes(index) + attribute(2, address) + attribute(1, peer),
            operation: "add address", object: object)
    }

    /// Sends what is for one address to a device, on whose link it is. The device comes last.
    package static func addRoute(to address: [UInt8], through index: UInt32, _ object: String) -> RouteMessage {
        // Table main, protocol static, scope link, unicast.
        let isV4 = address.count == 4
        let header: [UInt8] = [isV4 ? 2 : 10, isV4 ? 32 : 128, 0, 0, 254, 4, 253, 1, 0, 0, 0, 0]
        return RouteMessage(
            type: Number.newRoute, flags: Number.making,
            payload: header + attribute(1, address) + attribute(4, bytes(index)), operation: "add route",
            object: object)
    }

    /// Tells a device the hardware address of a neighbour for good: whoever else claims to be it is not believed.
    package static func addNeighbour(
        _ address: [UInt8], hardwareAddress: [UInt8], through index: UInt32, _ object: String
    ) -> RouteMessage {
        RouteMessage(
            type: Value.newNeighbour, flags: Value.replacing,
            payload: [address.count == 4 ? 2 : 10, 0, 0, 0] + bytes(index) + bytes(Value.permanent) + [0, 0]
                + attribute(1, address) + attribute(2, hardwareAddress),
            operation: "add neighbour", object: object)
    }

    /// Tells a bridge behind which of its ports a hardware address is, for good.
    package static func addStation(
        _ hardwareAddress: [UInt8], behind index: UInt32, _ object: String
    ) -> RouteMessage {
        RouteMessage(
            type: Value.newNeighbour, flags: Value.replacing,
            payload: [Value.bridgeFamily, 0, 0, 0] + bytes(index) + bytes(Value.needsNoProof) + [Value.ofMaster, 0]
                + attribute(2, hardwareAddress),
            operation: "add station of bridge", object: object)
    }
}
