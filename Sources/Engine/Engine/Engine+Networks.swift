import Containers
import Glibc
import Linux
package import Networks
import OCI

/// A network with those in it.
package struct NetworkWithEndpoints: Sendable {
    package var network: Network
    package var endpoints: [Endpoint]
}

extension Engine {
    // MARK: - Networks

    /// Makes a network. The host has nothing of it before a container is in it.
    ///
    /// - Returns: its identifier.
    package func createNetwork(_ creation: NetworkCreation) throws -> String {
        guard StandardDirectories.isHostRoot else { throw Self.needsRoot }
        try releaseLeftovers()
        let network = try networks.change().create(creation.request, used: HostRoutes.read())
        record("create", network)
        return network.id
    }

    /// Every network, by name.
    package func networksWithEndpoints() throws -> [NetworkWithEndpoints] {
        try releaseLeftovers()
        return try networks.networks().map {
            NetworkWithEndpoints(network: $0, endpoints: try networks.endpoints(of: $0))
        }
    }

    /// Removes a network that no container is in, or is to be in whenever it runs.
    ///
    /// - Returns: its name.
    package func removeNetwork(_ text: String) throws -> String {
        try releaseLeftovers()
        let change = try networks.change()
        let network = try networks.find(text)
        let users = try Set(networks.endpoints(of: network).map(\.name)).union(recordedUsers(of: network))
        guard users.isEmpty else { throw NetworkError.inUse(network.name, containers: users.sorted()) }
        try change.remove(network)
        record("destroy", network)
        try change.applyRules()
        return network.name
    }

    /// Removes the networks that nobody uses, but for the default one.
    ///
    /// - Parameter filter: which ones, of these; nil: all.
    package func pruneNetworks(matching filter: NetworkFilter? = nil) throws -> [String] {
        try releaseLeftovers()
        // Nothing is made on disk where there never was one.
        guard try !networks.networks().isEmpty else { return [] }
        let change = try networks.change()
        var names: [String] = []
        for network in try networks.networks()
        where network.name != Network.defaultName && filter?.matches(network) != false {
            guard try networks.endpoints(of: network).isEmpty, try recordedUsers(of: network).isEmpty else { continue }
            try change.remove(network)
            record("destroy", network)
            names.append(network.name)
        }
        if !names.isEmpty { try change.applyRules() }
        return names
    }

    /// Containers that do not run, and that will be in a network once they do.
    private func recordedUsers(of network: Network) throws -> [String] {
        guard network.name != Network.defaultName else { return [] }
        return try containers().filter { container in
            container.networks?.joins.contains { $0.names(network) } == true
        }.map(\.name)
    }

    /// Whether an error says that there is no such network.
    package static func isUnknownNetwork(_ error: any Error) -> Bool {
        guard case .unknown? = error as? NetworkError else { return false }
        return true
    }

    // MARK: - Containers in them

    /// Puts a container into a further network, at once where it runs, and whenever it is started.
    package func connect(_ text: String, to name: String, _ join: NetworkJoin) throws {
        try releaseLeftovers()
        var join = join
        join.network = name
        let container = try shelf.find(text)
        guard !container.isGuest else {
            throw Self.isGuestWithItsNetworks(text)
        }
        let mode = container.settings?["HostConfig"]?["NetworkMode"]?.string ?? ""
        guard mode != "host", !mode.starts("container:") else {
            throw EngineError.unsupported(
                "container '\(text)' has no network of its own", advice: "its --network is \(mode)")
        }
        guard StandardDirectories.isHostRoot else { throw Self.needsRoot }
        if status(of: container).isAlive, let pid = try? runtime.state(of: container.id).pid {
            try connect(container, process: pid, join)
        } else {
            try check(join, of: container)
        }
        try changeJoins(of: container.id) { $0.append(join) }
        if let network = try? networks.find(join.network) { record("connect", network, container: container.id) }
    }

    private static func isGuestWithItsNetworks(_ text: String) -> EngineError {
        .unsupported(
            "'\(text)' is a guest (--vm), whose networks are chosen when it starts",
            advice: "start another one with `isolab run --vm --network`")
    }

    private func connect(_ container: StoredContainer, process pid: Int32, _ join: NetworkJoin) throws {
        let places = try networks.places(of: container.id)
        let number = (0...places.count).first { number in
            !places.contains { $0.endpoint.interface == "eth\(number)" }
        }
        var endpoint = Endpoint(
            container: container.id, name: container.name, aliases: join.aliases, interface: "eth\(number ?? 0)",
            hardwareAddress: join.hardwareAddress ?? "")
        // Its first network has them. Whoever looks after the container has kept them from others meanwhile; which of the free ones it
        // was given nobody knows any more.
        let lacksPorts = places.allSatisfy(\.endpoint.ports.isEmpty)
        if lacksPorts { endpoint.ports = (container.networks?.ports ?? []).filter { $0.port != 0 } }
        let sandbox = try NetworkNamespace.of(process: pid)
        let place = try record(endpoint, join.network, join.addresses)
        do {
            var attachment = try NetworkAttachment(sandbox)
            try attachment.perform(
                NetworkDrivers.named(place.network.driver)?.plan(place.endpoint, in: place.network) ?? [])
        } catch {
            let change = try networks.change()
            change.remove(container.id, from: place.network)
            if !place.endpoint.ports.isEmpty { try change.applyRules() }
            throw error
        }
        for port in container.networks?.ports ?? [] where lacksPorts && port.port == 0 {
            warn(
                "port \(port.containerPort)/\(port.transport.rawValue) of container \(container.name) is published again when it is "
                    + "restarted: `isolab restart \(container.name)`")
        }
    }

    /// What would fail at the container's next start is told now, as far as it is known.
    private func check(_ join: NetworkJoin, of container: StoredContainer) throws {
        guard let joins = container.networks?.joins else {
            throw EngineError.unsupported(
                "container '\(container.name)' has no network", advice: "connect it while it runs")
        }
        let network: Network
        do { network = try networks.find(join.network) } catch NetworkError.unknown
            where join.network == Network.defaultName
        { return }
        guard !joins.contains(where: { $0.names(network) }) else {
            throw NetworkError.alreadyJoined(network: network.name, container: container.name)
        }
        for address in join.addresses {
            let pool = network.pools.first { $0.subnet.isV4 == address.isV4 }
            guard pool?.mayGive(address) == true else {
                throw NetworkError.addressOutside(address, network: network.name, pool: pool?.subnet)
            }
        }
    }

    /// Writes down in which networks a container is whenever it is started.
    private func changeJoins(of id: String, _ body: (inout [NetworkJoin]) -> Void) throws {
        // One that is in none has no record of them, and what is in one by hand alone is so until it ends.
        guard var container = shelf.container(id), var options = container.networks else { return }
        body(&options.joins)
        container.networks = options
        try shelf.write(container)
    }

    private func record(
        _ endpoint: Endpoint, _ name: String, _ wanted: [IPAddress]
    ) throws -> (network: Network, endpoint: Endpoint) {
        let change = try networks.change()
        let network = try findOrMake(name, change)
        var endpoint = endpoint
        if NetworkDrivers.named(network.driver)?.isRouted != true || network.isInternal { endpoint.ports = [] }
        endpoint = try change.add(endpoint, to: network, wanted: wanted)
        do { try change.applyRules() } catch {
            change.remove(endpoint.container, from: network)
            throw error
        }
        NameService(networks).refresh(change)
        return (network, endpoint)
    }

    /// Takes a container out of a network.
    package func disconnect(_ text: String, from name: String) throws {
        try releaseLeftovers()
        let container = try shelf.find(text)
        guard !container.isGuest else { throw Self.isGuestWithItsNetworks(text) }
        let network = try networks.find(name)
        let isRecorded = container.networks?.joins.contains { $0.names(network) } == true
        guard let endpoint = networks.endpoint(of: container.id, in: network) else {
            guard isRecorded else { throw NetworkError.notJoined(network: network.name, container: container.name) }
            try changeJoins(of: container.id) { joins in joins.removeAll { $0.names(network) } }
            return record("disconnect", network, container: container.id)
        }
        if let pid = try? runtime.state(of: container.id).pid, status(of: container).isAlive {
            let sandbox = try NetworkNamespace.of(process: pid)
            var attachment = try NetworkAttachment(sandbox)
            try attachment.remove(interface: endpoint.interface)
        }
        let change = try networks.change()
        change.remove(container.id, from: network)
        NameService(networks).refresh(change)
        record("disconnect", network, container: container.id)
        if !endpoint.ports.isEmpty { try change.applyRules() }
        if isRecorded { try changeJoins(of: container.id) { joins in joins.removeAll { $0.names(network) } } }
    }
}

extension NetworkJoin {
    /// Whether it is this one that it means.
    fileprivate func names(_ network: Network) -> Bool {
        self.network == network.name || !self.network.isEmpty && network.id.starts(self.network)
    }
}
