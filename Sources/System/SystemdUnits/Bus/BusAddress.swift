/// A socket on which D-Bus is spoken.
public struct BusAddress: Equatable, Sendable {
    public var path: String
    /// A message bus, on which systemd is one of many; else systemd itself.
    public var isBus: Bool

    public init(path: String, isBus: Bool) {
        self.path = path
        self.isBus = isBus
    }

    /// The first UNIX socket by path of a list such as `unix:path=/run/user/1000/bus;…` (D-Bus Specification, "Server Addresses").
    public init?(list: String) {
        for address in list.utf8.split(separator: UInt8(ascii: ";")) {
            guard address.starts(with: "unix:".utf8) else { continue }
            for pair in address.dropFirst(5).split(separator: UInt8(ascii: ",")) where pair.starts(with: "path=".utf8) {
                guard let path = Self.unescaped(pair.dropFirst(5)) else { continue }
                self.init(path: path, isBus: true)
                return
            }
        }
        return nil
    }

    /// Bytes are written as `%2f` where they are not letters, figures or a few others.
    private static func unescaped(_ text: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let number = UInt8(Substring(rest.prefix(2)), radix: 16), number != 0 else {
                return nil
            }
            bytes.append(number)
            rest = rest.dropFirst(2)
        }
        return bytes.isEmpty ? nil : String(validating: bytes, as: UTF8.self)
    }
}
