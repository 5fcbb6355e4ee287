import CCrypto
import Glibc
public import Linux

/// A hash under way, by libcrypto: for content that streams past.
public struct ContentHasher: Sendable {
    private enum Context {
        case sha256(SHA256_CTX)
        case sha512(SHA512_CTX)
    }

    public let algorithm: Digest.Algorithm
    private var context: Context

    public init(_ algorithm: Digest.Algorithm = .sha256) {
        self.algorithm = algorithm
        switch algorithm {
        case .sha256:
            var state = SHA256_CTX()
            SHA256_Init(&state)
            context = .sha256(state)
        case .sha512:
            var state = SHA512_CTX()
            SHA512_Init(&state)
            context = .sha512(state)
        }
    }

    /// Takes the bytes that come next.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch context {
        case .sha256(var state):
            SHA256_Update(&state, bytes.baseAddress, bytes.count)
            context = .sha256(state)
        case .sha512(var state):
            SHA512_Update(&state, bytes.baseAddress, bytes.count)
            context = .sha512(state)
        }
    }

    /// Takes a whole file's content, read in pieces.
    public mutating func update(file path: String) throws(SystemError) {
        let file = try OwnedDescriptor(opening: path, O_RDONLY)
        try update(descriptor: file.number, path)
    }

    /// Takes what an open file holds from where it stands to its end.
    ///
    /// - Returns: how many bytes that were.
    @discardableResult
    public mutating func update(descriptor: Int32, _ path: String) throws(SystemError) -> Int64 {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { piece.deallocate() }
        var total: Int64 = 0
        while true {
            let count = try retryingOnInterrupt("read", path) { Glibc.read(descriptor, piece.baseAddress, piece.count) }
            if count == 0 { return total }
            update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            total +|= Int64(count)
        }
    }

    /// The name of all that was taken.
    public consuming func finish() -> Digest {
        switch context {
        case .sha256(var state):
            let hash = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
                SHA256_Final(buffer.baseAddress, &state)
                count = Int(SHA256_DIGEST_LENGTH)
            }
            return Digest(.sha256, hash: hash)
        case .sha512(var state):
            let hash = [UInt8](unsafeUninitializedCapacity: Int(SHA512_DIGEST_LENGTH)) { buffer, count in
                SHA512_Final(buffer.baseAddress, &state)
                count = Int(SHA512_DIGEST_LENGTH)
            }
            return Digest(.sha512, hash: hash)
        }
    }
}
