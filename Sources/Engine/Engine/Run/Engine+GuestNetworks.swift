import Glibc
import Linux
import Machines
import Networks
import OCI

/// A guest's places in networks, from before it is made until it has ended.
package final class GuestNetworks {
    private let reservation: PortReservation
    let places: [(network: Network, endpoint: Endpoint)]
    fileprivate let joins: [(place: GuestPlace, steps: [NetworkStep])]

    fileprivate init(
        _ reservation: PortReservation, _ places: [(network: Network, endpoint: Endpoint)],
        _ joins: [(place: GuestPlace, steps: [NetworkStep])]
    ) {
        self.reservation = reservation
        self.places = places
        self.joins = joins
    }

    /// What the guest is told.
    var interfaces: [GuestInterface] { joins.map { GuestInterface($0.place) } }
}

extension Engine {
    /// Gives a guest addresses and ports, and writes them down.
    ///
    /// - Returns: what must live until the guest has ended; nil where it has no networks.
    func joinNetworks(guest: StoredContainer) throws -> GuestNetworks? {
        guard let options = guest.networks, !options.joins.isEmpty else { return nil }
        let reservation = PortReservation()
        let places = try record(guest.id, guest.name, options, reservation)
        do {
            var joins: [(place: GuestPlace, steps: [NetworkStep])] = []
            for (number, (network, endpoint)) in places.enumerated() {
                let (place, bridge) = GuestPlace.plan(
                    endpoint, in: network, number: number, owner: GuestRunner.tapOwner)
                guard let steps = NetworkDrivers.named(network.driver)?.plan(endpoint, in: network, guest: bridge)
                else {
                    throw EngineError.unsupported(
                        "network '\(network.name)' takes no guests, as its driver is \(network.driver)",
                        advice: "use a network of the driver bridge: `isolab network create NAME`")
                }
                joins.append((place, steps))
            }
            warnOfForwarding(places)
            return GuestNetworks(reservation, places, joins)
        } catch {
            leaveNetworks(guest.id)
            throw error
        }
    }

    /// Makes a guest's devices in its cell, and has names resolved there.
    ///
    /// - Parameters:
    ///   - cell: a process in it; the devices go with the last one.
    ///   - guest: gets to know the process.
    func attach(_ networks: GuestNetworks, to guest: inout StoredContainer, cell: Int32) throws {
        let namespace = try NetworkNamespace.of(process: cell)
        var attachment = try NetworkAttachment(namespace)
        for join in networks.joins { try attachment.perform(join.steps) }
        guest.cell = try ProcessIdentity(of: cell)
        try shelf.write(guest)
        try serveNames(guest.id, in: namespace, at: NameService.guestAddress)
    }
}

extension GuestInterface {
    fileprivate init(_ place: GuestPlace) {
        self.init(
            name: place.interface, device: place.tap, hardwareAddress: place.hardwareAddress, mtu: place.mtu,
            addresses: place.addresses.map {
                Address(bytes: $0.address.bytes, prefixLength: UInt8(clamping: $0.prefixLength))
            },
            gateways: place.gateways.map(\.bytes),
            nameServer: place.nameServer.map {
                Neighbour(address: $0.address.bytes, hardwareAddress: $0.hardwareAddress)
            })
    }
}

extension RunOptions {
    /// `/etc/hosts` and `/etc/resolv.conf` of a guest in networks.
    func files(of networks: GuestNetworks, hostname: String) -> [GuestCommand.File] {
        let own = networks.places.flatMap(\.endpoint.addresses).map { "\($0)\t\(hostname)\n" }.joined()
        let host = (try? SystemFile.read("/etc/resolv.conf")) ?? ""
        let resolver = ResolverFile(networking, host: host, nameServer: NameService.guestAddress)
        return [
            .init(
                path: "/etc/hosts", content: Array(HostFiles.hosts(loopbackHosts(hostname: nil), own: own).utf8)),
            .init(path: "/etc/resolv.conf", content: Array(resolver.text.utf8)),
        ]
    }
}
