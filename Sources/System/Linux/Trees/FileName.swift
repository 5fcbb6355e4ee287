package import Glibc

/// Names of files as the kernel has them: bytes, any but zero, and the slash between them.
package enum FileName {
    /// As the C library takes one.
    @inlinable
    package static func terminated(_ name: some Collection<UInt8>) -> [CChar] {
        [CChar](unsafeUninitializedCapacity: name.count + 1) { buffer, count in
            for byte in name {
                buffer[count] = CChar(bitPattern: byte)
                count += 1
            }
            buffer[count] = 0
            count += 1
        }
    }

    /// What messages show of one: control characters and what is not UTF-8 replaced.
    package static func shown(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }
}

extension stat {
    /// Overlayfs's whiteout: a character device 0/0 (Linux, Documentation/filesystems/overlayfs.rst).
    package var isWhiteout: Bool { st_mode & S_IFMT == S_IFCHR && st_rdev == 0 }
    package var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
}
