/// The header blocks of one entry of a tar archive: POSIX.1-2017 pax, with an extended header only where ustar has no room.
struct TarHeader {
    var name: [UInt8]
    var mode: UInt32
    var uid: UInt32
    var gid: UInt32
    var size: Int64 = 0
    /// Seconds since 1970.
    var modified: Int64
    /// `0` a file, `1` a hard link, `2` a symbolic link, `3` and `4` devices, `5` a directory, `6` a pipe.
    var type: Character
    var link: [UInt8] = []
    var major: UInt32 = 0
    var minor: UInt32 = 0
    var attributes: [(name: String, value: [UInt8])] = []

    /// Of a block.
    static let blockSize = 512

    var blocks: [UInt8] {
        var records: [UInt8] = []
        if name.count > 100 || !name.allSatisfy({ $0 < 0x80 }) { records += Self.record("path", name) }
        if link.count > 100 || !link.allSatisfy({ $0 < 0x80 }) { records += Self.record("linkpath", link) }
        if size > 0o77777777777 { records += Self.record("size", Array("\(size)".utf8)) }
        if uid > 0o7777777 { records += Self.record("uid", Array("\(uid)".utf8)) }
        if gid > 0o7777777 { records += Self.record("gid", Array("\(gid)".utf8)) }
        if !(0...0o77777777777).contains(modified) { records += Self.record("mtime", Array("\(modified)".utf8)) }
        for (name, value) in attributes { records += Self.record("SCHILY.xattr." + name, value) }
        guard !records.isEmpty else { return block }
        let extended = TarHeader(
            name: Array("pax".utf8), mode: 0o644, uid: 0, gid: 0, size: Int64(records.count), modified: 0, type: "x")
        return extended.block + records + Self.padding(records.count) + block
    }

    /// Zeros up to the next block.
    static func padding(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (blockSize - count % blockSize) % blockSize)
    }

    private var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ bytes: some Sequence<UInt8>, _ offset: Int) {
            for (index, byte) in bytes.enumerated() { block[offset + index] = byte }
        }
        /// Octal digits and a zero; what does not fit is in the extended header.
        func put(octal number: Int64, _ offset: Int, _ width: Int) {
            let digits = String(max(0, number), radix: 8)
            guard digits.utf8.count < width else { return }
            put(String(repeating: "0", count: width - 1 - digits.utf8.count).utf8, offset)
            put(digits.utf8, offset + width - 1 - digits.utf8.count)
        }
        put(name.prefix(100), 0)
        put(octal: Int64(mode), 100, 8)
        put(octal: Int64(uid), 108, 8)
        put(octal: Int64(gid), 116, 8)
        put(octal: size, 124, 12)
        put(octal: modified, 136, 12)
        put(String(type).utf8, 156)
        put(link.prefix(100), 157)
        put("ustar\u{0}00".utf8, 257)
        put(octal: Int64(major), 329, 8)
        put(octal: Int64(minor), 337, 8)
        put(String(repeating: " ", count: 8).utf8, 148)
        let sum = block.reduce(0) { $0 + Int64($1) }
        put(octal: sum, 148, 7)
        return block
    }

    /// `length name=value\n`, whose length counts its own digits.
    private static func record(_ name: String, _ value: [UInt8]) -> [UInt8] {
        let body = Array(" \(name)=".utf8) + value + [0x0A]
        var length = body.count
        while String(length).utf8.count + body.count != length { length = String(length).utf8.count + body.count }
        return Array(String(length).utf8) + body
    }
}
