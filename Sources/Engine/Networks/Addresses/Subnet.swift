import Linux
package import OCI

/// A block of addresses that begin alike: `10.200.0.0/20`, `fd00::/64`.
package struct Subnet: Hashable, Sendable, CustomStringConvertible {
    /// With nothing but zeros behind the prefix.
    package let base: IPAddress
    package let prefixLength: Int

    /// The block that an address is in.
    package init?(_ address: IPAddress, prefixLength: Int) {
        let width = address.isV4 ? 32 : 128
        guard (0...width).contains(prefixLength) else { return nil }
        self.prefixLength = prefixLength
        base = IPAddress(isV4: address.isV4, number: address.number & ~Self.hostMask(width - prefixLength))
    }

    /// `ADDRESS/LENGTH`; nil also where the address is not the first of its block.
    package init?(_ text: String) {
        guard let parts = text.cut(at: "/"), let address = IPAddress(String(parts.before)),
            parts.after.utf8.count <= 3, parts.after.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(parts.after),
            let block = Subnet(address, prefixLength: length),
            block.base == address
        else { return nil }
        self = block
    }

    /// An address alone.
    package init(only address: IPAddress) {
        base = address
        prefixLength = address.isV4 ? 32 : 128
    }

    private static func hostMask(_ bits: Int) -> UInt128 { bits >= 128 ? .max : (1 << UInt128(bits)) - 1 }

    package var isV4: Bool { base.isV4 }
    package var first: IPAddress { base }
    package var last: IPAddress {
        IPAddress(isV4: isV4, number: base.number | Self.hostMask((isV4 ? 32 : 128) - prefixLength))
    }
    package var description: String { "\(base)/\(prefixLength)" }

    package func contains(_ address: IPAddress) -> Bool {
        address.isV4 == isV4 && (first...last).contains(address)
    }

    package func contains(_ other: Subnet) -> Bool { contains(other.first) && contains(other.last) }

    package func overlaps(_ other: Subnet) -> Bool {
        isV4 == other.isV4 && first <= other.last && other.first <= last
    }
}

extension Subnet: JSONValue {
    package init(reading reader: inout JSONReader) throws(DocumentFault) {
        let text = try String(reading: &reader)
        guard let subnet = Subnet(text) else { throw DocumentFault("\(quoting: text) is not a subnet") }
        self = subnet
    }

    package func write(to writer: inout JSONWriter) { description.write(to: &writer) }
}
