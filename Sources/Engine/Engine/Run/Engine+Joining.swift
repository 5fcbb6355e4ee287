import Containers
import Glibc
import Linux
import Networks
import OCI

/// A sandbox that is in its networks, before a container is in it: gone again with this value, unless one is.
final class JoinedNetworks {
    private let sandbox: OwnedDescriptor
    private let reservation: PortReservation
    let places: [(network: Network, endpoint: Endpoint)]

    init(
        _ sandbox: consuming OwnedDescriptor, _ reservation: PortReservation,
        _ places: [(network: Network, endpoint: Endpoint)]
    ) {
        self.sandbox = sandbox
        self.reservation = reservation
        self.places = places
    }

    /// As this process sees it.
    var path: String { "/proc/self/fd/\(sandbox.number)" }
}

extension Engine {
    /// Puts a container that is about to run into its networks.
    ///
    /// Its record is there; its addresses are written down before anything of them is made, and rules hold before it has one.
    ///
    /// - Parameter creation: learns of the namespace.
    /// - Returns: what must live until the container does; nil where it has no networks.
    func joinNetworks(_ container: StoredContainer, _ creation: inout CreateRequest) throws -> JoinedNetworks? {
        if let other = container.networkOf { return try joinNetwork(of: other, &creation) }
        guard let options = container.networks, !options.joins.isEmpty else { return nil }
        guard StandardDirectories.isHostRoot else { throw Self.needsRoot }
        let reservation = PortReservation()
        let places = try record(container.id, container.name, options, reservation)
        do {
            let joined = JoinedNetworks(try makeSandbox(container.id, places), reservation, places)
            creation.setNetwork(joined.path)
            try writeHosts(of: container, places)
            warnOfForwarding(places)
            return joined
        } catch {
            leaveNetworks(container.id)
            throw error
        }
    }

    /// Makes a namespace that is in its networks, and in which their names are resolved.
    func makeSandbox(
        _ id: String, _ places: [(network: Network, endpoint: Endpoint)]
    ) throws -> OwnedDescriptor {
        let sandbox = try NetworkNamespace.make()
        var attachment = try NetworkAttachment(sandbox)
        for (network, endpoint) in places {
            try attachment.perform(NetworkDrivers.named(network.driver)?.plan(endpoint, in: network) ?? [])
        }
        try serveNames(id, in: sandbox)
        return sandbox
    }

    static let needsRoot = EngineError.unsupported(
        "networks need root of the host", advice: "use --network none or host, or run isolab as root")

    /// Writes addresses and ports down, and has the rules hold.
    func record(
        _ id: String, _ name: String, _ options: NetworkOptions, _ reservation: PortReservation
    ) throws -> [(network: Network, endpoint: Endpoint)] {
        let change = try networks.change()
        var places: [(network: Network, endpoint: Endpoint)] = []
        do {
            for (number, join) in options.joins.enumerated() {
                let network = try findOrMake(join.network, change)
                var endpoint = Endpoint(
                    container: id, name: name, aliases: join.aliases, interface: "eth\(number)",
                    hardwareAddress: join.hardwareAddress ?? "")
                if number == 0 { endpoint.nameServers = options.nameServers.compactMap { IPAddress($0) } }
                if number == 0, !options.ports.isEmpty {
                    guard NetworkDrivers.named(network.driver)?.isRouted == true, !network.isInternal else {
                        throw EngineError.unsupported(
                            "network '\(network.name)' publishes no ports",
                            advice: "omit -p, or let the first --network be a bridge that is not internal")
                    }
                    endpoint.ports = try reserve(options.ports, reservation)
                }
                places.append((network, try change.add(endpoint, to: network, wanted: join.addresses)))
                if let last = places.last?.endpoint { warnOfPorts(last) }
            }
            try change.applyRules()
        } catch {
            for (network, _) in places { change.remove(id, from: network) }
            throw error
        }
        return places
    }

    private func reserve(_ ports: [PublishedPort], _ reservation: PortReservation) throws -> [PublishedPort] {
        var taken: [PublishedPort] = []
        for network in try networks.networks() { taken += try networks.endpoints(of: network).flatMap(\.ports) }
        var reserved: [PublishedPort] = []
        for port in ports {
            let port = try reservation.reserve(port, besides: taken)
            taken.append(port)
            reserved.append(port)
        }
        return reserved
    }

    /// The default network is made when it is first used.
    func findOrMake(_ name: String, _ change: borrowing NetworkChange) throws -> Network {
        do { return try networks.find(name) } catch NetworkError.unknown where name == Network.defaultName {
            return try change.create(NetworkRequest(name: name), used: HostRoutes.read())
        }
    }

    /// Has names of containers resolved in a sandbox. A server that had to be started anew takes care of the others, too.
    func serveNames(
        _ id: String, in sandbox: borrowing OwnedDescriptor, at address: String = NameService.address
    ) throws {
        let change = try networks.change()
        let service = NameService(networks)
        let isNew = !service.isRunning
        try service.serve(id, in: sandbox, at: address, change)
        guard isNew else { return }
        for network in try networks.networks() {
            for endpoint in try networks.endpoints(of: network) where endpoint.container != id {
                let cell = shelf.container(endpoint.container)?.cell
                guard let pid = try? cell?.pid ?? runtime.state(of: endpoint.container).pid, cell?.isAlive != false,
                    let other = try? NetworkNamespace.of(process: pid)
                else { continue }
                let address = cell == nil ? NameService.address : NameService.guestAddress
                try? service.serve(endpoint.container, in: other, at: address, change)
            }
        }
    }

    /// Has a container that runs found by its new name.
    func renameInNetworks(_ container: StoredContainer) {
        do {
            guard try !networks.places(of: container.id).isEmpty else { return }
            let change = try networks.change()
            try change.giveName(container.name, to: container.id)
            NameService(networks).refresh(change)
        } catch {
            warn("container \(container.name) is found by its new name once it has been restarted: \(error)")
        }
    }

    /// Frees what a container has in networks. Its devices go with its namespace.
    func leaveNetworks(_ id: String) {
        do {
            let places = try networks.places(of: id)
            guard !places.isEmpty else { return }
            let change = try networks.change()
            for (network, _) in places { change.remove(id, from: network) }
            NameService(networks).refresh(change)
            if places.contains(where: { !$0.endpoint.ports.isEmpty }) { try change.applyRules() }
        } catch {
            warn("container \(id.prefix(12)) has ended and keeps its addresses until the next command: \(error)")
        }
    }

    /// Frees what containers have in networks that have ended. One that cannot end yet keeps its addresses: its devices have them still.
    func releaseEndpoints() throws -> [String] {
        let all = try networks.networks()
        guard
            try all.contains(where: { network in
                try networks.hasLitter(network)
                    || networks.endpoints(of: network).contains { !shelf.isLive($0.container) }
            })
        else { return [] }
        let change = try networks.change()
        let released = try change.releaseLeftovers { shelf.isLive($0) }
        if !released.isEmpty {
            NameService(networks).refresh(change)
            try change.applyRules()
        }
        return released.map { "addresses of container \($0), whose isolab was killed" }
    }

    /// `--network container:NAME`
    private func joinNetwork(of name: String, _ creation: inout CreateRequest) throws -> JoinedNetworks? {
        let other = try shelf.find(name)
        guard !other.isGuest else {
            throw EngineError.unsupported(
                "'\(name)' is a guest (--vm), whose network no container can share",
                advice: "put the container into the same network: --network NAME")
        }
        guard status(of: other).isAlive, let pid = try runtime.state(of: other.id).pid else {
            throw EngineError.state(
                "share the network of", name, "\(status(of: other))", advice: "only a running container has one")
        }
        let namespace = try NetworkNamespace.of(process: pid)
        // What it resolves names with is part of it; its own name, which is not the other's, is added.
        let own = shelf.directory(creation.id)
        for file in ["hosts", "resolv.conf"] {
            guard var content = try? SystemFile.bytes(of: "\(shelf.directory(other.id))/\(file)", limit: 1 << 20) else {
                continue
            }
            if file == "hosts", let name = try? SystemFile.bytes(of: "\(own)/hostname", limit: 4096) {
                content += Array("127.0.0.1\t".utf8) + name
            }
            try SystemFile.replace("\(own)/\(file)", with: content, mode: 0o644)
        }
        let joined = JoinedNetworks(namespace, PortReservation(), [])
        creation.setNetwork(joined.path)
        return joined
    }

    /// `/etc/hosts` has the container's own name at its addresses.
    private func writeHosts(
        of container: StoredContainer, _ places: [(network: Network, endpoint: Endpoint)]
    ) throws {
        let path = "\(shelf.directory(container.id))/hosts"
        // It is mounted by its file: what has its place would not be seen.
        guard let text = try? SystemFile.read(path) else { return }
        let name = container.settings?["Config"]?["Hostname"]?.string ?? String(container.id.prefix(12))
        let lines = places.flatMap(\.endpoint.addresses).map { "\($0)\t\(name)\n" }.joined()
        try SystemFile.replace(path, with: Array(HostFiles.hosts(text, own: lines).utf8), mode: 0o644)
    }

    /// A port of one family's addresses leads to a container that has one of that family, and from ::1 the kernel sends nothing elsewhere.
    private func warnOfPorts(_ endpoint: Endpoint) {
        for port in endpoint.ports {
            if port.address == IPAddress("::1") {
                warn("port \(port.shown) leads nowhere, as the kernel sends nothing on from ::1: use 127.0.0.1")
            } else if !endpoint.addresses.contains(where: { port.isOf(v4: $0.isV4) }) {
                warn(
                    "port \(port.shown) leads nowhere, as the container has no address of that family: "
                        + "`isolab network create --ipv6` makes a network that gives one of IPv6, too")
            }
        }
    }

    func warnOfForwarding(_ places: [(network: Network, endpoint: Endpoint)]) {
        let isRouted = places.contains {
            NetworkDrivers.named($0.network.driver)?.isRouted == true && !$0.network.isInternal
        }
        guard isRouted, ForwardingNotice.isOff, ForwardingNotice(networks).take() else { return }
        warn(
            "IP forwarding is off on this host, so containers on bridges reach no other hosts: "
                + "`sysctl net.ipv4.ip_forward=1` turns it on")
    }
}

extension CreateRequest {
    /// Names the network namespace to join in place of a new one.
    fileprivate mutating func setNetwork(_ path: String) {
        var configuration = bundle.configuration
        guard let index = configuration.linux?.namespaces.firstIndex(where: { $0.kind == .network }) else { return }
        configuration.linux?.namespaces[index].path = path
        bundle = Bundle(at: bundle.path, configuration)
    }
}

extension StoredContainer {
    /// The container whose network it shares, where it does.
    var networkOf: String? {
        settings?["HostConfig"]?["NetworkMode"]?.string?.rest(after: "container:").map(String.init)
    }
}
