/// One request of rtnetlink(7), as the kernel reads it.
package struct RouteMessage: Equatable, Sendable {
    package var type: UInt16
    package var flags: UInt16
    package var payload: [UInt8]
    /// What it does and to what, for errors.
    package var operation: String
    package var object: String
    /// Answers that are no failure: that what is made is there, what is removed is not.
    package var tolerated: [Int32]

    package init(
        type: UInt16, flags: UInt16, payload: [UInt8], operation: String, object: String, tolerated: [Int32] = []
    ) {
        self.type = type
        self.flags = flags
        self.payload = payload
        self.operation = operation
        self.object = object
        self.tolerated = tolerated
    }

    /// With its header (`struct nlmsghdr`).
    package func bytes(sequence: UInt32) -> [UInt8] {
        Self.bytes(UInt32(16 + payload.count)) + Self.bytes(type) + Self.bytes(flags) + Self.bytes(sequence)
            + Self.bytes(UInt32(0)) + payload
    }

    /// Numbers of <linux/rtnetlink.h>, <linux/netlink.h> and <linux/if_link.h>.
    enum Number {
        static let newLink: UInt16 = 16
        static let removeLink: UInt16 = 17
        static let getLink: UInt16 = 18
        static let newAddress: UInt16 = 20
        static let newRoute: UInt16 = 24
        static let getRoute: UInt16 = 26
        static let request: UInt16 = 0x1
        static let acknowledged: UInt16 = 0x5
        static let making: UInt16 = 0x605
        static let dump: UInt16 = 0x301
    }

    // MARK: - Devices

    /// An attribute of a device (`IFLA_…`).
    package enum LinkAttribute: Equatable, Sendable {
        case name(String)
        /// Six bytes.
        case hardwareAddress([UInt8])
        case mtu(UInt32)
        /// The device below, by its index.
        case parent(UInt32)
        /// The bridge it is a port of, by its index.
        case bridge(UInt32)
        /// Of the namespace it is made in.
        case namespace(descriptor: Int32)
        case isBridge
        /// A pair: the other end's attributes.
        case isPair(other: [LinkAttribute])
        /// With a mode of `MACVLAN_MODE_…`.
        case isMacvlan(mode: UInt32)

        var bytes: [UInt8] {
            switch self {
            case .name(let name): RouteMessage.attribute(3, Array(name.utf8) + [0])
            case .hardwareAddress(let address): RouteMessage.attribute(1, address)
            case .mtu(let bytes): RouteMessage.attribute(4, RouteMessage.bytes(bytes))
            case .parent(let index): RouteMessage.attribute(5, RouteMessage.bytes(index))
            case .bridge(let index): RouteMessage.attribute(10, RouteMessage.bytes(index))
            case .namespace(let descriptor): RouteMessage.attribute(28, RouteMessage.bytes(descriptor))
            case .isBridge: Self.kind("bridge", [])
            case .isPair(let other):
                Self.kind(
                    "veth", RouteMessage.attribute(1, RouteMessage.link(0) + other.flatMap(\.bytes)))
            case .isMacvlan(let mode): Self.kind("macvlan", RouteMessage.attribute(1, RouteMessage.bytes(mode)))
            }
        }

        private static func kind(_ name: String, _ data: [UInt8]) -> [UInt8] {
            RouteMessage.attribute(
                18,
                RouteMessage.attribute(1, Array(name.utf8)) + (data.isEmpty ? [] : RouteMessage.attribute(2, data)))
        }
    }

    /// Makes a device.
    package static func makeLink(_ object: String, isUp: Bool = false, _ attributes: [LinkAttribute]) -> RouteMessage {
        RouteMessage(
            type: Number.newLink, flags: Number.making,
            payload: link(0, flags: isUp ? 1 : 0, change: isUp ? 1 : 0) + attributes.flatMap(\.bytes),
            operation: "make network device", object: object)
    }

    /// Changes one that is there, found by its index, or by the name among the attributes where that is 0.
    package static func changeLink(
        _ object: String, index: UInt32 = 0, isUp: Bool = false, _ attributes: [LinkAttribute] = []
    ) -> RouteMessage {
        RouteMessage(
            type: Number.newLink, flags: Number.acknowledged,
            payload: link(index, flags: isUp ? 1 : 0, change: isUp ? 1 : 0) + attributes.flatMap(\.bytes),
            operation: "change network device", object: object)
    }

    package static func removeLink(name: String) -> RouteMessage {
        RouteMessage(
            type: Number.removeLink, flags: Number.acknowledged, payload: link(0) + LinkAttribute.name(name).bytes,
            operation: "remove network device", object: name)
    }

    /// Asks for one device.
    package static func getLink(name: String) -> RouteMessage {
        RouteMessage(
            type: Number.getLink, flags: Number.acknowledged, payload: link(0) + LinkAttribute.name(name).bytes,
            operation: "find network device", object: name)
    }

    // MARK: - Addresses and routes

    /// Gives a device an address, which is in use at once: nobody else can have it.
    ///
    /// - Parameter address: four bytes or sixteen.
    package static func addAddress(
        _ address: [UInt8], prefixLength: UInt8, to index: UInt32, _ object: String
    ) -> RouteMessage {
        let noDetection: UInt8 = 0x02
        let isV4 = address.count == 4
        let header = [isV4 ? 2 : 10, prefixLength, isV4 ? 0 : noDetection, 0] + bytes(index)
        return RouteMessage(
            type: Number.newAddress, flags: Number.making,
            payload: header + (isV4 ? attribute(2, address) : []) + attribute(1, address),
            operation: "add address", object: object)
    }

    /// Sends whatever has no other route to a gateway.
    package static func addDefaultRoute(by gateway: [UInt8], through index: UInt32, _ object: String) -> RouteMessage {
        // Table main, protocol static, anywhere, unicast.
        let header: [UInt8] = [gateway.count == 4 ? 2 : 10, 0, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0]
        return RouteMessage(
            type: Number.newRoute, flags: Number.making,
            payload: header + attribute(5, gateway) + attribute(4, bytes(index)),
            operation: "add default route", object: object)
    }

    /// Asks for all routes of both families.
    package static let listRoutes = RouteMessage(
        type: Number.getRoute, flags: Number.dump, payload: [UInt8](repeating: 0, count: 12), operation: "list routes",
        object: "of the host")

    // MARK: - Bytes

    /// `struct ifinfomsg`.
    static func link(_ index: UInt32, flags: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
        bytes(UInt32(0)) + bytes(index) + bytes(flags) + bytes(change)
    }

    package static func attribute(_ type: UInt16, _ content: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - content.count & 3) & 3)
        return bytes(UInt16(4 + content.count)) + bytes(type) + content + padding
    }

    static func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
}
