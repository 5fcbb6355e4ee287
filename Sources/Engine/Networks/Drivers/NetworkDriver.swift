import Linux

/// A way to make a network, and to put a sandbox into it. One file an implementation, one line in `NetworkDrivers`.
package protocol NetworkDriver: Sendable {
    /// As `--driver` has it.
    var name: String { get }
    /// Whether networks can be created with it; the others are there once.
    var makesNetworks: Bool { get }
    /// Whether a network has its subnet to itself.
    var ownsSubnets: Bool { get }
    /// Whether the host sends on what its networks send out, by rules of its own.
    var isRouted: Bool { get }

    /// The bridge's name, or that of the device below.
    func device(for request: NetworkRequest, id: String, _ others: [Network]) throws -> String

    /// What will be done to put a sandbox into a network: a value.
    func plan(_ endpoint: Endpoint, in network: Network) -> [NetworkStep]

    /// The same for a guest, in the namespace of its cell; nil where the driver has no guests.
    func plan(_ endpoint: Endpoint, in network: Network, guest: GuestBridge) -> [NetworkStep]?

    /// Removes what the host has of a network.
    func remove(_ network: Network) throws
}

extension NetworkDriver {
    package var makesNetworks: Bool { true }
    package var ownsSubnets: Bool { true }
    package var isRouted: Bool { false }
    package func plan(_ endpoint: Endpoint, in network: Network, guest: GuestBridge) -> [NetworkStep]? { nil }
    package func remove(_ network: Network) throws {}
}

/// All there are.
package enum NetworkDrivers {
    static let all: [any NetworkDriver] = [BridgeDriver(), MacvlanDriver(), NoneDriver(), HostDriver()]

    package static func named(_ name: String) -> (any NetworkDriver)? { all.first { $0.name == name } }

    package static var names: [String] { all.map(\.name).sorted() }

    /// The names of those that networks can be created with.
    package static var makers: [String] { all.filter(\.makesNetworks).map(\.name) }
}

/// One step of putting a sandbox into a network. What it names by a name is found when it is done.
package enum NetworkStep: Equatable, Sendable {
    /// A bridge of the host with the gateways' addresses, unless it is there.
    case ensureBridge(name: String, hardwareAddress: [UInt8], mtu: UInt32?, addresses: [InterfaceAddress])
    /// A pair of devices, one on the bridge, one in the sandbox. Without a hardware address the kernel chooses one.
    case addPair(device: String, bridge: String, interface: String, hardwareAddress: [UInt8], mtu: UInt32?)
    /// A device in the sandbox that shares one of the host's.
    case addMacvlan(parent: String, interface: String, hardwareAddress: [UInt8], mtu: UInt32?)
    /// A device on a bridge gets back what it sent, where a published port leads to whoever asks at it.
    case reflect(device: String)
    /// 127.0.0.1 of the host leads to ports published on a bridge. The rules keep everybody else from that way.
    case allowLoopback(bridge: String)
    /// The bridge of a guest's cell, between its tap device and the pair's end there.
    case addGuestBridge(GuestBridge)
    /// The sandbox's own loopback.
    case enableLoopback
    /// A device in the sandbox gets its addresses, and leads to everywhere else.
    case configure(interface: String, addresses: [InterfaceAddress], gateways: [IPAddress])
}

/// An address with the length of its subnet's prefix.
package struct InterfaceAddress: Equatable, Sendable {
    package var address: IPAddress
    package var prefixLength: Int
}

extension Network {
    /// An endpoint's addresses as its device has them.
    func interfaceAddresses(of endpoint: Endpoint) -> [InterfaceAddress] {
        endpoint.addresses.compactMap { address in
            pools.first { $0.subnet.contains(address) }.map {
                InterfaceAddress(address: address, prefixLength: $0.subnet.prefixLength)
            }
        }
    }

    /// Those that lead to everywhere else; none where there is nothing else.
    var outwardGateways: [IPAddress] { isInternal ? [] : pools.compactMap(\.gateway) }
}
