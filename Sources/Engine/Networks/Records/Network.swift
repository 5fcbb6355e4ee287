import Linux
package import OCI

/// Endpoints that reach each other: what is kept of a network on disk, in `networks/<id>/network.json`.
package struct Network: Equatable, Sendable {
    /// 64 hexadecimal digits.
    package var id: String
    package var name: String
    /// A name in `NetworkDrivers`.
    package var driver: String
    /// RFC 3339, in UTC.
    package var created: String
    package var labels: [String: String]
    /// Nothing outside is reached, and nothing outside reaches it.
    package var isInternal: Bool
    /// Bytes of a packet; nil: as the kernel has it.
    package var mtu: UInt32?
    /// The bridge, or the device of the host that macvlan's are on.
    package var device: String
    package var v4: AddressPool?
    package var v6: AddressPool?

    package init(
        id: String, name: String, driver: String, created: String, labels: [String: String] = [:],
        isInternal: Bool = false, mtu: UInt32? = nil, device: String, v4: AddressPool? = nil, v6: AddressPool? = nil
    ) {
        self.id = id
        self.name = name
        self.driver = driver
        self.created = created
        self.labels = labels
        self.isInternal = isInternal
        self.mtu = mtu
        self.device = device
        self.v4 = v4
        self.v6 = v6
    }

    /// The one that is there without being made.
    package static let defaultName = "bridge"

    package var pools: [AddressPool] { [v4, v6].compactMap { $0 } }

    /// Of its bridge, by which it is known whose that is: locally administered, then the identifier's beginning.
    package var hardwareAddress: [UInt8] {
        let digits = Array(id.utf8.prefix(8))
        return [0x0A, 0x49]
            + stride(from: 0, to: digits.count - 1, by: 2).map {
                UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16) ?? 0
            }
    }

    /// Docker's rule.
    package static func isName(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return (2...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
            && text.utf8.first.map(isAlphanumeric) == true
    }

    /// Names of devices end up in paths, rules and messages: letters, digits, `-`, `_` and `.`, at most 15 (IFNAMSIZ).
    package static func isDeviceName(_ text: String) -> Bool {
        (1...15).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "_.-".utf8.contains($0)
            }
    }
}

extension Network: JSONObject {
    static let document = "network.json"

    init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(Network.self, from: json, document: Self.document)
        func fail(_ path: String, _ problem: String) -> ConfigurationError {
            ConfigurationError(document: Self.document, path: path, problem: problem)
        }
        guard NetworkStore.isIdentifier(id) else { throw fail("id", "\(quoting: id) is not an identifier") }
        guard Self.isName(name) else { throw fail("name", "\(quoting: name) is not a name") }
        guard Self.isDeviceName(device) else { throw fail("device", "\(quoting: device) is not a device's name") }
        guard NetworkDrivers.named(driver) != nil else { throw fail("driver", "\(quoting: driver) is not known") }
    }

    func json() -> [UInt8] { JSONDocument.write(self, indented: false) }

    package static var blank: Network { Network(id: "", name: "", driver: "", created: "", device: "") }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("id", &id)
        try members.required("name", &name)
        try members.required("driver", &driver)
        try members.required("created", &created)
        try members.defaulted("labels", &labels)
        try members.defaulted("internal", &isInternal)
        try members.optional("mtu", &mtu)
        try members.required("device", &device)
        try members.optional("v4", &v4)
        try members.optional("v6", &v6)
    }
}
