import Glibc
import Linux
import OCI

enum Compression {
    /// How a file is compressed, by its first bytes (RFC 1952, 2.3.1; RFC 8878, 3.1.1); its position stays where it is.
    static func detect(_ descriptor: Int32) throws(SystemError) -> MediaType.Compression {
        var bytes = [UInt8](repeating: 0, count: 4)
        let count = try retryingOnInterrupt("read", "layer") { pread(descriptor, &bytes, bytes.count, 0) }
        if count >= 2, bytes[..<2] == [0x1F, 0x8B] { return .gzip }
        if count == 4, bytes == [0x28, 0xB5, 0x2F, 0xFD] { return .zstandard }
        return .none
    }
}
