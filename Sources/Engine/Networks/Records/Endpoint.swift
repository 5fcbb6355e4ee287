import Linux
package import OCI

/// A sandbox's place in one network: `networks/<id>/endpoints/<container>.json`, written before anything of it is made.
package struct Endpoint: Equatable, Sendable {
    /// The container's identifier.
    package var container: String
    package var name: String
    /// Further names in this network.
    package var aliases: [String]
    /// What it is called in the sandbox.
    package var interface: String
    /// The host's end.
    package var device: String
    package var v4: IPAddress?
    package var v6: IPAddress?
    package var hardwareAddress: String
    package var ports: [PublishedPort]
    /// Whom it asks for names that are not its networks' (`--dns`); empty: whom the host asks.
    package var nameServers: [IPAddress] = []

    package init(
        container: String, name: String, aliases: [String] = [], interface: String = "eth0", device: String = "",
        v4: IPAddress? = nil, v6: IPAddress? = nil, hardwareAddress: String = "", ports: [PublishedPort] = []
    ) {
        self.container = container
        self.name = name
        self.aliases = aliases
        self.interface = interface
        self.device = device
        self.v4 = v4
        self.v6 = v6
        self.hardwareAddress = hardwareAddress
        self.ports = ports
    }

    package var addresses: [IPAddress] { [v4, v6].compactMap { $0 } }

    /// Six bytes that go with an address, locally administered: who has the address has them, too, and nobody has to forget others.
    static func hardwareAddress(for address: IPAddress?, _ container: String) -> [UInt8] {
        let tail = address.map { Array($0.bytes.suffix(4)) } ?? Array(container.utf8.suffix(4))
        return [0x02, 0x49] + tail
    }

    static func text(ofHardwareAddress bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }

    /// Nil for a text that is none, or one of a group's (multicast).
    package static func bytes(ofHardwareAddress text: String) -> [UInt8]? {
        let parts = text.fields(between: ":")
        guard parts.count == 6 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // A sign would be read as well.
            guard part.utf8.count == 2, !part.holds("+"), !part.holds("-"), let byte = UInt8(part, radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes[0] & 1 == 0 ? bytes : nil
    }
}

extension Endpoint: JSONObject {
    static let document = "endpoint"

    package static var blank: Endpoint { Endpoint(container: "", name: "") }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("container", &container)
        try members.required("name", &name)
        try members.defaulted("aliases", &aliases)
        try members.required("interface", &interface)
        try members.required("device", &device)
        try members.optional("v4", &v4)
        try members.optional("v6", &v6)
        try members.required("hardwareAddress", &hardwareAddress)
        try members.defaulted("ports", &ports)
        try members.defaulted("nameServers", &nameServers)
    }
}
