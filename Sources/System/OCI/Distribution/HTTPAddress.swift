/// Where an HTTP request goes: the part of RFC 3986 that registries need, read strictly.
///
/// Every address is written anew from its parts before libcurl sees it, so that no two readers of the same text can go to
/// different hosts. User information, fragments, backslashes, spaces and anything outside of ASCII are refused.
public struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case http, https

        public var defaultPort: UInt16 { self == .https ? 443 : 80 }
    }

    /// Longer addresses are refused; upload locations of real registries have some hundred bytes of state.
    public static let greatestLength = 16 << 10

    public let scheme: Scheme
    /// In lower case; an IPv6 address in its brackets.
    public let host: String
    /// Always a number, the scheme's own where none was given.
    public let port: UInt16
    /// Path and query, with its leading slash.
    public let target: String

    /// - Precondition: the host is one that `ImageReference.isRegistry` takes, the target begins with a slash.
    package init(scheme: Scheme, host: String, port: UInt16? = nil, target: String = "/") {
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port ?? scheme.defaultPort
        self.target = target
    }

    /// Reads an absolute address; nil where it is not one that may be used.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.greatestLength, Self.isPlain(text), let colon = text.firstIndex(of: ":"),
            let scheme = Scheme(rawValue: text[..<colon].lowercased()), text[colon...].hasPrefix("://")
        else { return nil }
        let rest = text[text.index(colon, offsetBy: 3)...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let (host, port) = Self.readAuthority(rest[..<end]) else { return nil }
        let tail = rest[end...]
        self.init(scheme: scheme, host: host, port: port, target: tail.hasPrefix("/") ? String(tail) : "/" + tail)
    }

    /// Where a reference found in an answer from here leads (RFC 3986, 5.2): an absolute address, `//host/path`, an absolute
    /// path, a relative one or a query; nil where it is none that may be used.
    public func resolving(_ reference: some StringProtocol) -> HTTPAddress? {
        guard !reference.isEmpty, reference.utf8.count <= Self.greatestLength, Self.isPlain(reference) else {
            return nil
        }
        if reference.hasPrefix("//") { return HTTPAddress("\(scheme):\(reference)") }
        if reference.hasPrefix("/") { return with(target: String(reference)) }
        if reference.hasPrefix("?") { return with(target: "\(path)\(reference)") }
        if let colon = reference.firstIndex(of: ":"), !reference[..<colon].contains(where: { $0 == "/" || $0 == "?" }) {
            return HTTPAddress(reference)
        }
        let directory = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return with(target: "\(directory)\(reference)")
    }

    /// The same place with another path and query.
    public func with(target: String) -> HTTPAddress {
        HTTPAddress(scheme: scheme, host: host, port: port, target: target)
    }

    /// The same address with a member more in its query, whose value is escaped.
    public func adding(query name: String, _ value: String) -> HTTPAddress {
        with(target: target + (target.contains("?") ? "&" : "?") + "\(name)=\(Self.escaped(value))")
    }

    public var path: Substring { target.prefix { $0 != "?" } }

    /// Host and, where it is not the scheme's own, port.
    public var authority: String { port == scheme.defaultPort ? host : "\(host):\(port)" }

    /// The whole address, as libcurl gets it.
    public var description: String { "\(scheme.rawValue)://\(authority)\(target)" }

    /// For messages: without the query, where registries put state and signatures.
    public var withoutQuery: String { "\(scheme.rawValue)://\(authority)\(path)" }

    /// Whether both are the same server: scheme, host and port (RFC 6454).
    public func hasSameOrigin(as other: HTTPAddress) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// Whether the host is an address, not a name: IPv6 in brackets, or anything that ends in a number, which resolvers take for
    /// IPv4 in one of its many forms (`127.1`, `0x7f000001`).
    public var isNumeric: Bool { Self.isNumeric(host) }

    package static func isNumeric(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let label = host.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
        return label.hasPrefix("0x") || (!label.isEmpty && label.utf8.allSatisfy { (0x30...0x39).contains($0) })
    }

    /// Whether the host is this machine by its own name: `localhost`, `127.a.b.c` in full, `[::1]`. Nothing is resolved.
    public var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && (part == "0" || !part.hasPrefix("0")) && UInt8(part) != nil
            }
    }

    /// Everything but letters, digits and `-._~` as `%XX` (RFC 3986, 2.3).
    public static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isAlphanumeric(byte) || "-._~".utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Printable ASCII without what readers disagree about.
    private static func isPlain(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\\#\"<>^`{|}".utf8.contains($0) }
    }

    private static func readAuthority(_ text: some StringProtocol) -> (host: String, port: UInt16?)? {
        guard !text.contains("@") else { return nil }
        var host = Substring(text)
        var port: UInt16?
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            let digits = host[host.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt16(digits), number > 0
            else { return nil }
            port = number
            host = host[..<colon]
        }
        guard isHost(host) else { return nil }
        return (host.lowercased(), port)
    }

    private static func isHost(_ host: Substring) -> Bool {
        if host.hasPrefix("[") {
            let address = host.dropFirst().dropLast()
            return host.hasSuffix("]") && address.contains(":") && address.utf8.count <= 45
                && address.utf8.allSatisfy { (isAlphanumeric($0) && ($0 | 0x20) <= 0x66) || ":.".utf8.contains($0) }
        }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return host.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count)
                    && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
