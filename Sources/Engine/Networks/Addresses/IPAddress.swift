import Glibc
package import OCI

/// An address of IPv4 or IPv6, as a number.
package struct IPAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let isV4: Bool
    /// Below 2³² for IPv4.
    package let number: UInt128

    package init(isV4: Bool, number: UInt128) {
        self.isV4 = isV4
        self.number = isV4 ? number & 0xFFFF_FFFF : number
    }

    /// Four bytes or sixteen, the first one the highest.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        isV4 = bytes.count == 4
        number = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// As inet_pton(3) reads it.
    package init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: Array(bytes.prefix(4)))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    package var bytes: [UInt8] {
        (0..<(isV4 ? 4 : 16)).reversed().map { UInt8(truncatingIfNeeded: number >> UInt128($0 * 8)) }
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: 64)
        guard inet_ntop(isV4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.isV4 == right.isV4 ? left.number < right.number : left.isV4
    }
}

extension IPAddress: JSONValue {
    package init(reading reader: inout JSONReader) throws(DocumentFault) {
        let text = try String(reading: &reader)
        guard let address = IPAddress(text) else { throw DocumentFault("\(quoting: text) is not an address") }
        self = address
    }

    package func write(to writer: inout JSONWriter) { description.write(to: &writer) }
}
