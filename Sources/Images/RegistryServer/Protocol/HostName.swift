/// The value of a header `Host`, or the authority of an address: a name and a port (RFC 9110, 7.2; RFC 3986, 3.2).
package struct HostName: Equatable, Sendable {
    /// In lower case, without brackets and without a dot at its end; empty where the client has none to name.
    package let name: String

    /// Nil where it is none: programs that read such a value differently could be led elsewhere by it.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let end: Int
        let name: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            name = bytes[1..<close]
            end = close + 1
            guard !name.isEmpty, name.allSatisfy({ Self.isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == 0x2E })
            else { return nil }
        } else {
            end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
            name = bytes[..<end]
            guard name.allSatisfy(Self.isOfName) else { return nil }
        }
        if end < bytes.count {
            let port = bytes[(end + 1)...]
            guard bytes[end] == UInt8(ascii: ":"), port.count <= 5, port.allSatisfy({ (0x30...0x39).contains($0) }),
                port.isEmpty || UInt16(String(decoding: port, as: UTF8.self)) != nil
            else { return nil }
        }
        let lower = String(decoding: name, as: UTF8.self).lowercased()
        self.name = lower.utf8.last == 0x2E ? String(lower.dropLast()) : lower
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// `unreserved`, `%` and `sub-delims` of RFC 3986.
    private static func isOfName(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-._~%!$&'()*+,;=".utf8.contains(byte)
    }
}
