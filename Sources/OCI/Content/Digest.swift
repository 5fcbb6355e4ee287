import CCrypto
import Glibc
public import Linux

/// The name of content by its hash: `sha256:<64 hex digits>` (OCI image specification, "Digests").
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The whole name: algorithm, colon, lower-case hexadecimal.
    public let description: String

    /// The part after the colon.
    public var hexadecimal: Substring { description.dropFirst(Self.prefix.count) }

    private static let prefix = "sha256:"

    /// Reads a digest's name; nil where it is not a well-formed SHA-256 one.
    public init?(_ name: some StringProtocol) {
        let digits = name.utf8.dropFirst(Self.prefix.utf8.count)
        guard name.hasPrefix(Self.prefix), digits.count == 64,
            digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = String(name)
    }

    /// The SHA-256 of bytes in memory.
    public init(sha256Of bytes: some Sequence<UInt8>) {
        var hash = SHA256Hash()
        if bytes.withContiguousStorageIfAvailable({ hash.update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { hash.update($0) }
        }
        self.init(hash.finish())
    }

    /// The SHA-256 of a file's content, read in pieces.
    public init(sha256OfFile path: String) throws(SystemError) {
        let file = try OwnedDescriptor(opening: path, O_RDONLY)
        var hash = SHA256Hash()
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { piece.deallocate() }
        while true {
            let count = try retryingOnInterrupt("read", path) {
                Glibc.read(file.number, piece.baseAddress, piece.count)
            }
            if count == 0 { break }
            hash.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
        self.init(hash.finish())
    }

    private init(_ hash: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        var name = Array(Self.prefix.utf8)
        name.reserveCapacity(Self.prefix.utf8.count + 2 * hash.count)
        for byte in hash {
            name.append(digits[Int(byte >> 4)])
            name.append(digits[Int(byte & 15)])
        }
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

/// libcrypto's running SHA-256.
private struct SHA256Hash {
    private var context = SHA256_CTX()

    init() { SHA256_Init(&context) }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    mutating func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
            SHA256_Final(buffer.baseAddress, &context)
            count = Int(SHA256_DIGEST_LENGTH)
        }
    }
}
