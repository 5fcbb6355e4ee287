/// A libvirt URI as far as isolab must understand it: `driver[+transport]://[host]/[path][?parameters]`
/// (libvirt.org/uri.html).
struct LibvirtAddress: Hashable, Sendable {
    let text: String

    /// libvirt's embedded driver, whose root isolab makes itself.
    var isEmbedded: Bool { text.contains(":///embed") }

    /// Whether it is a URI with a driver's name; libvirt would take anything, and an empty one for whatever it finds.
    private var hasForm: Bool {
        guard let marker = text.firstRange(of: "://"), let first = text.utf8.first else { return false }
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
        return isLetter(first)
            && text[..<marker.lowerBound].utf8.allSatisfy {
                isLetter($0) || (0x30...0x39).contains($0) || [UInt8(ascii: "+"), 0x2D, 0x2E].contains($0)
            }
    }

    /// The host it names, without user and port; `nil` for this one.
    var host: String? {
        guard let marker = text.firstRange(of: "://") else { return nil }
        var authority = text[marker.upperBound...].prefix { $0 != "/" && $0 != "?" }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        let host =
            authority.hasPrefix("[")
            ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        return host.isEmpty || ["localhost", "127.0.0.1", "::1"].contains(host) ? nil : String(host)
    }

    /// - Throws: where no guest of this host can be measured through it, with what to name instead.
    func check() throws(DriverError) {
        guard hasForm else {
            throw DriverError(
                operation: "connect", object: "'\(text)'", message: "this is not a libvirt URI",
                advice: "use one such as qemu:///system, or omit --connect for the embedded driver")
        }
        if isEmbedded {
            // Its configuration, its owner's record and its removal would be nobody's.
            throw DriverError(
                operation: "connect", object: text, message: "isolab makes the embedded driver's root itself",
                advice: "omit --connect for the embedded driver, or use a running libvirt such as qemu:///system")
        }
        if let host {
            // Channel, kernel and the one clock are this host's.
            throw DriverError(
                operation: "connect", object: text, message: "its guests would run on \(host)",
                advice: "isolab measures the host it runs on: run it there, with qemu:///system")
        }
    }
}
