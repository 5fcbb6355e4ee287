import Content
import Glibc
import Linux
import OCI

/// What a network is to be.
package struct NetworkRequest: Equatable, Sendable {
    package var name: String
    package var driver = "bridge"
    package var labels: [String: String] = [:]
    package var isInternal = false
    package var hasV6 = false
    package var mtu: UInt32?
    package var parent: String?
    /// At most one of a family.
    package var pools: [AddressPool] = []

    package init(name: String) { self.name = name }
}

/// A change of networks, and of who is in them: one at a time, by whoever has this.
package struct NetworkChange: ~Copyable {
    package let store: NetworkStore
    private let lock: FileLock

    init(_ store: NetworkStore, _ lock: FileLock) throws(SystemError) {
        self.store = store
        self.lock = lock
        // Nobody else makes or removes one now: what is on the way was left by one that was killed.
        for name in try SystemFile.names(in: store.path) {
            if name.starts("new-") || name.starts("gone-") { try TreeRemoval.remove("\(store.path)/\(name)") }
            // Of a writer of the rules.
            if name.ends(".new") { unlink("\(store.path)/\(name)") }
        }
    }

    // MARK: - Networks

    /// Makes a network's record. The host has nothing of it before somebody is in it.
    ///
    /// - Parameter used: the subnets that routes of the host lead to.
    package func create(_ request: NetworkRequest, used: [Subnet]) throws -> Network {
        guard Network.isName(request.name) else { throw NetworkError.malformedName(request.name) }
        let others = try store.networks()
        guard !others.contains(where: { $0.name == request.name }), !["none", "host"].contains(request.name) else {
            throw NetworkError.nameTaken(request.name)
        }
        guard let driver = NetworkDrivers.named(request.driver), driver.makesNetworks else {
            throw NetworkError.refused(
                "there is no network driver '\(request.driver)'",
                advice: "choose one of \(NetworkDrivers.makers.joined(separator: ", "))")
        }
        let id = RandomName.make() + RandomName.make()
        var network = Network(
            id: id, name: request.name, driver: request.driver, created: Timestamp.now(nanoseconds: true),
            labels: request.labels, isInternal: request.isInternal, mtu: request.mtu,
            device: try driver.device(for: request, id: id, others))
        (network.v4, network.v6) = try Self.pools(request, others, used, isShared: !driver.ownsSubnets)
        let aside = "\(store.path)/new-\(id)"
        try SystemFile.makeDirectories(aside + "/endpoints", mode: 0o700)
        try SystemFile.replace("\(aside)/\(Network.document)", with: network.json())
        if rename(aside, store.directory(id)) != 0 { throw SystemError("rename", aside) }
        return network
    }

    /// - Parameter isShared: whether the subnet is one of others, as that of the host's own network.
    static func pools(
        _ request: NetworkRequest, _ others: [Network], _ used: [Subnet], isShared: Bool
    ) throws -> (v4: AddressPool?, v6: AddressPool?) {
        var (v4, v6) = (request.pools.first { $0.subnet.isV4 }, request.pools.first { !$0.subnet.isV4 })
        let taken = others.flatMap(\.pools).map(\.subnet)
        if v4 == nil {
            guard !isShared else {
                throw NetworkError.refused(
                    "driver \(request.driver) shares the network of \(request.parent ?? "a device")",
                    advice: "give a part of that as --subnet, --ip-range and --gateway")
            }
            guard let subnet = AddressPool.free(besides: used + taken) else { throw NetworkError.noSubnetLeft }
            v4 = AddressPool(subnet, gateway: nil)
        }
        if request.hasV6, v6 == nil {
            // A unique local block that nobody else has (RFC 4193).
            let random = UInt128.random(in: 0..<(1 << 56)) << 64
            v6 = Subnet(IPAddress(isV4: false, number: 0xFD << 120 | random), prefixLength: 64).map {
                AddressPool($0, gateway: nil)
            }
        }
        for pool in [v4, v6].compactMap({ $0 }) {
            if let other = others.first(where: { $0.pools.contains { $0.subnet.overlaps(pool.subnet) } }) {
                throw NetworkError.subnetTaken(pool.subnet, by: "network '\(other.name)'")
            }
            if !isShared, let route = used.first(where: { $0.overlaps(pool.subnet) }) {
                throw NetworkError.subnetTaken(pool.subnet, by: "the host's route to \(route)")
            }
        }
        return (try checked(v4, isShared), try checked(v6, isShared))
    }

    /// The gateway is the first address where nobody chose one.
    private static func checked(_ pool: AddressPool?, _ isShared: Bool) throws -> AddressPool? {
        guard var pool else { return nil }
        if let range = pool.range, !pool.subnet.contains(range) {
            throw NetworkError.refused(
                "--ip-range \(range) is not in --subnet \(pool.subnet)", advice: "choose a part of it")
        }
        if let gateway = pool.gateway {
            pool.gateway = nil
            guard pool.mayGive(gateway) else {
                throw NetworkError.refused(
                    "--gateway \(gateway) is not an address of --subnet \(pool.subnet)", advice: "choose one")
            }
            pool.gateway = gateway
        } else if !isShared {
            guard pool.subnet.prefixLength <= (pool.subnet.isV4 ? 30 : 126) else {
                throw NetworkError.refused(
                    "--subnet \(pool.subnet) has no room for a gateway and a container", advice: "choose a larger one")
            }
            pool.gateway = IPAddress(isV4: pool.subnet.isV4, number: pool.subnet.first.number + 1)
        }
        return pool
    }

    /// Removes a network's record, and its device where it has one of its own. The caller has made sure that nobody is in it.
    package func remove(_ network: Network) throws {
        let gone = "\(store.path)/gone-\(network.id)"
        try NetworkDrivers.named(network.driver)?.remove(network)
        if rename(store.directory(network.id), gone) != 0, errno != ENOENT {
            throw SystemError("rename", store.directory(network.id))
        }
        try TreeRemoval.remove(gone)
    }

    // MARK: - Endpoints

    /// Gives a container its addresses in a network, and writes them down.
    ///
    /// - Parameters:
    ///   - wanted: at most one of a family.
    ///   - ports: each with the host's port; none is 0.
    package func add(
        _ endpoint: Endpoint, to network: Network, wanted: [IPAddress] = []
    ) throws -> Endpoint {
        let others = try store.endpoints(of: network)
        guard !others.contains(where: { $0.container == endpoint.container }) else {
            throw NetworkError.alreadyJoined(network: network.name, container: endpoint.name)
        }
        var endpoint = endpoint
        let last = cursor(of: network)
        func address(_ pool: AddressPool?, isV4: Bool) throws -> IPAddress? {
            let own = wanted.first { $0.isV4 == isV4 }
            guard let pool else {
                if let own { throw NetworkError.addressOutside(own, network: network.name, pool: nil) }
                return nil
            }
            if let own {
                guard pool.mayGive(own) else {
                    throw NetworkError.addressOutside(own, network: network.name, pool: pool.subnet)
                }
                if let holder = others.first(where: { $0.addresses.contains(own) }) {
                    throw NetworkError.addressTaken(own, network: network.name, by: "container \(holder.name)")
                }
                return own
            }
            let taken = Set(others.flatMap(\.addresses))
            guard let free = pool.next(after: last.first { $0.isV4 == isV4 }, taken: taken) else {
                throw NetworkError.exhausted(network: network.name, pool: pool.range ?? pool.subnet)
            }
            return free
        }
        endpoint.v4 = try address(network.v4, isV4: true)
        endpoint.v6 = try address(network.v6, isV4: false)
        if endpoint.hardwareAddress.isEmpty {
            endpoint.hardwareAddress = Endpoint.text(
                ofHardwareAddress: Endpoint.hardwareAddress(for: endpoint.v4 ?? endpoint.v6, endpoint.container))
        }
        // Not guessed by others, and short enough for a device's name.
        endpoint.device = "ve" + RandomName.make().prefix(12)
        try write(endpoint, network)
        let given = endpoint.addresses.map(\.description).joined(separator: " ")
        try SystemFile.replace(store.directory(network.id) + "/last", with: Array(given.utf8))
        return endpoint
    }

    private func write(_ endpoint: Endpoint, _ network: Network) throws(SystemError) {
        try SystemFile.makeDirectories(store.directory(network.id) + "/endpoints", mode: 0o700)
        try SystemFile.replace(
            store.endpointPath(network.id, endpoint.container), with: JSONDocument.write(endpoint, indented: false))
    }

    /// Has the rules hold that follow from the records.
    package func applyRules() throws { try Firewall.apply(self) }

    /// Gives a container another name in all of its networks.
    package func giveName(_ name: String, to container: String) throws {
        for place in try store.places(of: container) {
            var endpoint = place.endpoint
            endpoint.name = name
            try write(endpoint, place.network)
        }
    }

    /// Takes a container out of a network's records; its addresses are free then.
    package func remove(_ container: String, from network: Network) {
        unlink(store.endpointPath(network.id, container))
    }

    /// Takes out whoever does not live any more, as far as nobody did that for him.
    ///
    /// - Returns: the names of those that were taken out.
    package func releaseLeftovers(isAlive: (String) -> Bool) throws -> [String] {
        var released: [String] = []
        for network in try store.networks() {
            for path in store.litter(of: network) { unlink(path) }
            for endpoint in try store.endpoints(of: network) where !isAlive(endpoint.container) {
                remove(endpoint.container, from: network)
                released.append(endpoint.name)
            }
        }
        return released
    }

    /// The addresses that were given last.
    private func cursor(of network: Network) -> [IPAddress] {
        let text = (try? SystemFile.read(store.directory(network.id) + "/last")) ?? ""
        return text.parts(between: " ").compactMap { IPAddress(String($0)) }
    }
}
