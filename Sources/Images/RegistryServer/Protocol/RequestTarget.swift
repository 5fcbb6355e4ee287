/// The path and the query of a request, split and with percent-encoding undone.
package struct RequestTarget: Equatable {
    /// Greater ones are refused: a name has at most 255 bytes, a digest 135.
    static let greatestLength = 4096

    /// What stands between the slashes; a decoded part that holds a slash itself is refused, so that no part is ever two.
    var path: [String]
    /// In the order given; the same name may come several times.
    var query: [(name: String, value: String)]

    /// Nil where it is not an absolute path of well-formed UTF-8.
    init?(_ target: String) {
        guard target.utf8.count <= Self.greatestLength, target.utf8.first == UInt8(ascii: "/") else { return nil }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path: [String] = []
        for part in parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let text = Self.decode(part), !text.utf8.contains(UInt8(ascii: "/")) else {
                return nil
            }
            path.append(text)
        }
        self.path = path
        query = []
        guard parts.count == 2 else { return }
        for pair in parts[1].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(sides[0]),
                let value = Self.decode(sides.count == 2 ? sides[1] : "")
            else { return nil }
            query.append((name, value))
        }
    }

    /// A target as it stands in a request line, which may be a whole address (RFC 9112, 3.2.2), in its two parts.
    ///
    /// - Returns: the host and port that are asked, where the line names them, and path and query.
    package static func split(_ line: String) -> (authority: String?, target: String) {
        let lower = line.prefix(8).lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lower.hasPrefix($0) }) else { return (nil, line) }
        let rest = line.utf8.dropFirst(scheme.utf8.count)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let target = String(line[end...])
        return (String(line[rest.startIndex..<end]), target.utf8.first == UInt8(ascii: "/") ? target : "/" + target)
    }

    /// The first value of a name.
    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }

    func values(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }

    package static func == (one: RequestTarget, other: RequestTarget) -> Bool {
        one.path == other.path && one.query.elementsEqual(other.query, by: ==)
    }

    /// Undoes `%41` (RFC 3986, 2.1). A `+` stays one, in queries too: media types such as `a/b+json` are written with it bare.
    private static func decode(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
