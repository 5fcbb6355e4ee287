import Glibc
import Linux

/// `--add-host NAME:ADDRESS`: a line of `/etc/hosts`.
package struct HostAddress: Equatable, Sendable {
    package var name: String
    /// IPv4 or IPv6, as text.
    package var address: String

    package init(_ option: String, _ text: String) throws(OptionError) {
        let end = text.utf8.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "=") }
        let name = end.map { text[..<$0] } ?? ""
        var address = end.map { String(text[text.utf8.index(after: $0)...]) } ?? ""
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw OptionError(option, text, "takes NAME:ADDRESS, e.g. db:10.0.0.2")
        }
        if address.starts("["), address.ends("]") { address = String(address.dropFirst().dropLast()) }
        guard address != "host-gateway" else {
            throw OptionError(option, text, "is not supported: give the gateway that `isolab network inspect` shows")
        }
        var bytes = in6_addr()
        guard inet_pton(AF_INET, address, &bytes) == 1 || inet_pton(AF_INET6, address, &bytes) == 1 else {
            throw OptionError(option, text, "'\(address)' is not an address, such as 10.0.0.2 or fd00::2")
        }
        self.name = String(name)
        self.address = address
    }

    /// As /etc/hosts has it, with its newline.
    var line: String { "\(address)\t\(name)\n" }
}
