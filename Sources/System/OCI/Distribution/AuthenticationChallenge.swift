/// What a server asks for with status 401 (RFC 9110, 11.6.1): a scheme and its parameters.
public struct AuthenticationChallenge: Equatable, Sendable {
    /// Longer fields are not read.
    public static let greatestLength = 16 << 10
    /// More challenges than any server sends.
    public static let greatestCount = 16

    /// In lower case: `bearer`, `basic`.
    public var scheme: String
    /// By their names in lower case; of one given twice the challenge is left out, for readers differ in which they take.
    public var parameters: [String: String]

    public init(scheme: String, parameters: [String: String] = [:]) {
        self.scheme = scheme
        self.parameters = parameters
    }

    /// Reads the values of all `WWW-Authenticate` fields. What does not follow the grammar ends the reading of its field; the
    /// challenges before it count.
    public static func read(_ values: [String]) -> [AuthenticationChallenge] {
        var challenges: [AuthenticationChallenge] = []
        for value in values where value.utf8.count <= greatestLength {
            var reader = FieldReader(value)
            challenges += reader.challenges()
        }
        return Array(challenges.prefix(greatestCount))
    }
}

/// Goes through one field's bytes.
private struct FieldReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func challenges() -> [AuthenticationChallenge] {
        var result: [AuthenticationChallenge] = []
        skip { Self.isSpace($0) || $0 == UInt8(ascii: ",") }
        while let scheme = token() {
            var challenge = AuthenticationChallenge(scheme: scheme.lowercased())
            let isGood = parameters(of: &challenge)
            if let isGood {
                if isGood { result.append(challenge) }
            } else {
                return result
            }
            skip { Self.isSpace($0) || $0 == UInt8(ascii: ",") }
        }
        return result
    }

    /// The parameters up to the next challenge: false where one is given twice, nil where the grammar is left.
    private mutating func parameters(of challenge: inout AuthenticationChallenge) -> Bool? {
        guard offset < bytes.count, bytes[offset] != UInt8(ascii: ",") else { return true }
        guard Self.isSpace(bytes[offset]) else { return nil }
        skip(Self.isSpace)
        var isGood = true
        while offset < bytes.count {
            let start = offset
            guard let name = token()?.lowercased() else {
                skip { Self.isSpace($0) || $0 == UInt8(ascii: ",") }
                return offset > start ? isGood : nil
            }
            let afterName = offset
            skip(Self.isSpace)
            guard take(UInt8(ascii: "=")) else {
                // A token without a value is the next challenge's scheme, or the end of it all.
                offset = start
                return challenge.parameters.isEmpty && afterName == bytes.count ? nil : isGood
            }
            // A token68 such as `abc==` names no parameter.
            if offset == bytes.count || bytes[offset] == UInt8(ascii: "=") || bytes[offset] == UInt8(ascii: ",") {
                skip { $0 == UInt8(ascii: "=") }
            } else {
                skip(Self.isSpace)
                guard let value = quoted() ?? token() else { return nil }
                if challenge.parameters.updateValue(value, forKey: name) != nil { isGood = false }
            }
            skip(Self.isSpace)
            guard offset < bytes.count else { return isGood }
            guard take(UInt8(ascii: ",")) else { return nil }
            skip { Self.isSpace($0) || $0 == UInt8(ascii: ",") }
        }
        return isGood
    }

    private mutating func token() -> String? {
        let start = offset
        skip(Self.isTokenCharacter)
        return offset > start ? String(decoding: bytes[start..<offset], as: UTF8.self) : nil
    }

    private mutating func quoted() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var content: [UInt8] = []
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard offset < bytes.count else { return nil }
                content.append(bytes[offset])
                offset += 1
            default: content.append(byte)
            }
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
        while offset < bytes.count, isSkipped(bytes[offset]) { offset += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// RFC 9110, 5.6.2; with `/` and `+`, which token68 has besides.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "!#$%&'*+-.^_`|~/".utf8.contains(byte)
    }
}
