public import Linux

/// The name of content by its hash: `sha256:<64 hex digits>` or `sha512:<128 hex digits>` (OCI image specification 1.1,
/// `descriptor.md`, "Digests"). Other algorithms are not registered there, and are not read.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The registered algorithms.
    public enum Algorithm: String, CaseIterable, Sendable {
        case sha256, sha512

        /// The length of a hash's hexadecimal form.
        public var digits: Int { self == .sha256 ? 64 : 128 }
    }

    public let algorithm: Algorithm
    /// The whole name: algorithm, colon, lower-case hexadecimal.
    public let description: String

    /// The part after the colon: 64 or 128 lower-case digits, fit for a file's name.
    public var hexadecimal: Substring { description.dropFirst(algorithm.rawValue.utf8.count + 1) }

    /// The first twelve digits, as lists show them.
    public var short: String { String(hexadecimal.prefix(12)) }

    /// Reads a digest's name; nil where it is not a well-formed one of a registered algorithm.
    public init?(_ name: some StringProtocol) {
        guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")),
            let algorithm = Algorithm(rawValue: String(name[..<colon]))
        else { return nil }
        let digits = name.utf8[name.utf8.index(after: colon)...]
        guard digits.count == algorithm.digits,
            digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.algorithm = algorithm
        description = String(name)
    }

    /// The hash of bytes in memory.
    public init(_ algorithm: Algorithm = .sha256, of bytes: some Sequence<UInt8>) {
        var hasher = ContentHasher(algorithm)
        if bytes.withContiguousStorageIfAvailable({ hasher.update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { hasher.update($0) }
        }
        self = hasher.finish()
    }

    /// The SHA-256 of bytes in memory.
    public init(sha256Of bytes: some Sequence<UInt8>) { self.init(.sha256, of: bytes) }

    /// The SHA-256 of a file's content, read in pieces.
    public init(sha256OfFile path: String) throws(SystemError) {
        var hasher = ContentHasher(.sha256)
        try hasher.update(file: path)
        self = hasher.finish()
    }

    init(_ algorithm: Algorithm, hash: some Collection<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        var name = Array(algorithm.rawValue.utf8)
        name.reserveCapacity(name.count + 1 + 2 * hash.count)
        name.append(UInt8(ascii: ":"))
        for byte in hash {
            name.append(digits[Int(byte >> 4)])
            name.append(digits[Int(byte & 15)])
        }
        self.algorithm = algorithm
        description = String(decoding: name, as: UTF8.self)
    }
}

extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let digest = Digest(name) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(name)\" is not sha256: and 64 hexadecimal digits")
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Digest: JSONValue {
    public init(reading reader: inout JSONReader) throws(DocumentFault) {
        let name = try reader.readString()
        guard let digest = Digest(name) else {
            throw DocumentFault(
                "\(quoting: name) is not a digest: sha256: and 64, or sha512: and 128 hexadecimal digits")
        }
        self = digest
    }

    public func write(to writer: inout JSONWriter) { writer.write(description) }
}
