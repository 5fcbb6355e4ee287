internal import Linux

/// A bzImage taken apart (Linux, Documentation/arch/x86/boot.rst).
struct BootImage: Equatable {
    /// How the kernel inside is compressed.
    enum Compression: String, CaseIterable {
        case lz4, gzip, zstd, xz, lzma, bzip2

        /// The first bytes of a stream (Documentation/arch/x86/boot.rst, `payload_offset`).
        var magic: [UInt8] {
            switch self {
            case .lz4: LZ4.legacyMagic
            case .gzip: [0x1f, 0x8b]
            case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
            case .xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a]
            case .lzma: [0x5d, 0x00, 0x00]
            case .bzip2: [0x42, 0x5a, 0x68]
            }
        }
    }

    let payload: Range<Int>
    let compression: Compression?
    /// The release in words, as `uname -r` and the build's own line say it.
    let version: String

    /// - Returns: `nil` where the bytes are no bzImage of boot protocol 2.08 (Linux 2.6.26) or later.
    init?(_ bytes: [UInt8]) {
        func word16(_ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }
        func word32(_ at: Int) -> Int { word16(at) | word16(at + 2) << 16 }
        guard bytes.count > 0x260, bytes[0x202..<0x206].elementsEqual("HdrS".utf8), word16(0x206) >= 0x0208
        else { return nil }
        let setupSectors = bytes[0x1f1] == 0 ? 4 : Int(bytes[0x1f1])
        let begin = (setupSectors + 1) * 512 + word32(0x248)
        let length = word32(0x24c)
        guard length > 8, begin + length <= bytes.count else { return nil }
        payload = begin..<begin + length
        compression = Compression.allCases.first { bytes[begin...].starts(with: $0.magic) }
        let versionAt = word16(0x20e) + 0x200
        if word16(0x20e) != 0, versionAt < bytes.count {
            version = String(decoding: bytes[versionAt...].prefix(256).prefix { $0 != 0 }, as: UTF8.self)
        } else {
            version = ""
        }
    }
}
