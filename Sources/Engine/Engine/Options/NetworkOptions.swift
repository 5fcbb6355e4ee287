import Linux
package import Networks
package import OCI

/// Where a container's network is.
package enum NetworkMode: Equatable, Sendable {
    /// A network namespace of its own, with nothing but loopback.
    case none
    /// The host's own network.
    case host
    /// Another container's, by its name or identifier.
    case container(String)
    /// Networks that `isolab network` knows.
    case networks

    /// What is no name of a network: none or host.
    package init(_ option: String, _ text: String) throws(OptionError) {
        switch text {
        case "none": self = .none
        case "host": self = .host
        default: throw OptionError(option, text, "takes one of none, host")
        }
    }
}

/// A network that a container is to be in.
package struct NetworkJoin: Equatable, Sendable {
    /// By name, identifier or its beginning.
    package var network: String
    package var addresses: [IPAddress] = []
    /// Further names in it.
    package var aliases: [String] = []
    package var hardwareAddress: String?

    package init(_ network: String) { self.network = network }
}

extension NetworkJoin: JSONObject {
    package static var blank: NetworkJoin { NetworkJoin("") }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("network", &network)
        try members.defaulted("addresses", &addresses)
        try members.defaulted("aliases", &aliases)
        try members.text("hardwareAddress", &hardwareAddress)
    }
}

extension RunOptions {
    /// What a container of an image is put into when it runs, its image's ports included where they are all published.
    func networks(of image: ImageConfiguration) -> NetworkOptions? {
        guard network == .networks else { return nil }
        var result = networking
        guard networking.publishesAll else { return result }
        for text in image.execution.exposedPorts.keys.sorted() {
            // What an image says and nobody can publish is its own affair.
            guard let ports = try? PublishedPort.read(text) else { continue }
            result.ports += ports.filter { port in
                !result.ports.contains { $0.transport == port.transport && $0.containerPort == port.containerPort }
            }
        }
        return result
    }
}

/// `--network`, `--ip`, `--network-alias`, `-p` and their like, read together.
package struct NetworkOptions: Equatable, Sendable, JSONObject {
    package var joins: [NetworkJoin] = []
    package var ports: [PublishedPort] = []
    /// `-P`: every port that the image exposes.
    package var publishesAll = false
    /// `--dns`, `--dns-search`, `--dns-option`.
    package var nameServers: [String] = []
    package var searchDomains: [String] = []
    package var resolverOptions: [String] = []

    package init() {}

    package static var blank: NetworkOptions { NetworkOptions() }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.defaulted("joins", &joins)
        try members.defaulted("ports", &ports)
        try members.defaulted("publishesAll", &publishesAll)
        try members.defaulted("nameServers", &nameServers)
        try members.defaulted("searchDomains", &searchDomains)
        try members.defaulted("resolverOptions", &resolverOptions)
    }

    // MARK: - Reading

    /// Where the network is, by all values of `--network`.
    ///
    /// - Throws: `OptionError` where they say different things.
    package mutating func readModes(_ option: String, _ texts: [String]) throws(OptionError) -> NetworkMode {
        var mode: NetworkMode?
        for text in texts.isEmpty ? ["none"] : texts {
            let own: NetworkMode
            if let name = text.rest(after: "container:") {
                guard !name.isEmpty else { throw OptionError(option, text, "takes container:NAME") }
                own = .container(String(name))
            } else if text == "none" || text == "host" {
                own = try NetworkMode(option, text)
            } else if ["slirp4netns", "pasta"].contains(text) || text.starts("ns:") {
                throw OptionError(
                    option, text, "is not supported: takes none, host, container:NAME or a network's name")
            } else {
                own = .networks
                let join = try Self.join(option, text)
                guard !joins.contains(where: { $0.network == join.network }) else {
                    throw OptionError(option, text, "the network is given twice")
                }
                joins.append(join)
            }
            guard mode == nil || (mode == .networks && own == .networks) else {
                throw OptionError(option, text, "conflicts with another --network")
            }
            mode = own
        }
        return mode ?? .none
    }

    /// `NAME`, or `name=NAME,alias=ALIAS,ip=ADDRESS,ip6=ADDRESS,mac-address=ADDRESS`.
    private static func join(_ option: String, _ text: String) throws(OptionError) -> NetworkJoin {
        guard text.holds("=") else { return NetworkJoin(text == "default" ? Network.defaultName : text) }
        let fields: [(name: String, value: String?)]
        do throws(CommaSeparated.Fault) { fields = try CommaSeparated.fields(text) } catch {
            throw OptionError(option, text, error.problem)
        }
        var join = NetworkJoin("")
        for (name, value) in fields {
            let value = value ?? ""
            switch name {
            case "name": join.network = value == "default" ? Network.defaultName : value
            case "alias": join.aliases.append(try alias(option, value))
            case "ip": join.addresses.append(try address("ip", value, isV4: true, option))
            case "ip6": join.addresses.append(try address("ip6", value, isV4: false, option))
            case "mac-address": join.hardwareAddress = try hardwareAddress(option, value)
            default: throw OptionError(option, text, "'\(name)' is not one of name, alias, ip, ip6, mac-address")
            }
        }
        guard !join.network.isEmpty else { throw OptionError(option, text, "needs name=NETWORK") }
        return join
    }

    /// What is said of the first network by options of their own.
    package mutating func readFirst(
        ip: String?, ip6: String?, aliases: [String], hardwareAddress: String?
    ) throws(OptionError) {
        let given = [
            ("--ip", ip != nil), ("--ip6", ip6 != nil), ("--network-alias", !aliases.isEmpty),
            ("--mac-address", hardwareAddress != nil),
        ]
        guard !joins.isEmpty else {
            for (option, isGiven) in given where isGiven {
                throw OptionError(option, "", "needs a network: --network NAME")
            }
            return
        }
        if let ip { joins[0].addresses.append(try Self.address("--ip", ip, isV4: true, "--ip")) }
        if let ip6 { joins[0].addresses.append(try Self.address("--ip6", ip6, isV4: false, "--ip6")) }
        for name in aliases { joins[0].aliases.append(try Self.alias("--network-alias", name)) }
        if let hardwareAddress {
            joins[0].hardwareAddress = try Self.hardwareAddress("--mac-address", hardwareAddress)
        }
    }

    package mutating func readPorts(_ texts: [String], all: Bool) throws(OptionError) {
        for text in texts {
            do throws(PublishedPort.Fault) { ports += try PublishedPort.read(text) } catch {
                throw OptionError("--publish", text, error.problem)
            }
        }
        publishesAll = all
    }

    package mutating func readNames(servers: [String], search: [String], options: [String]) throws(OptionError) {
        for text in servers {
            guard IPAddress(text) != nil else {
                throw OptionError("--dns", text, "is not an address, such as 10.0.0.2 or fd00::2")
            }
        }
        for (option, words) in [("--dns-search", search), ("--dns-option", options)] {
            for word in words where word.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) || word.isEmpty {
                throw OptionError(option, word, "takes one word")
            }
        }
        (nameServers, searchDomains, resolverOptions) = (servers, search, options)
    }

    static func address(
        _ name: String, _ text: String, isV4: Bool, _ option: String
    ) throws(OptionError) -> IPAddress {
        guard let address = IPAddress(text), address.isV4 == isV4 else {
            throw OptionError(option, text, "\(name) takes an IPv\(isV4 ? 4 : 6) address")
        }
        return address
    }

    static func alias(_ option: String, _ text: String) throws(OptionError) -> String {
        let isName = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || "_.-".utf8.contains($0)
        }
        guard isName, (1...63).contains(text.utf8.count) else {
            throw OptionError(option, text, "takes letters, digits, '-', '_' and '.', at most 63 of them")
        }
        return text
    }

    private static func hardwareAddress(_ option: String, _ text: String) throws(OptionError) -> String {
        guard Endpoint.bytes(ofHardwareAddress: text) != nil else {
            throw OptionError(option, text, "is not a hardware address of one device, such as 02:42:0a:00:00:02")
        }
        return text
    }
}
