import Linux

/// The headers of a tar archive being written: POSIX ustar, with pax records where a field is too small
/// (pax(1), "pax Interchange Format"), as GNU tar, libarchive and Go's archive/tar read them.
struct TarHeader {
    enum Kind: UInt8 {
        case file = 0x30
        case hardLink, symbolicLink, characterDevice, blockDevice, directory, pipe
    }

    var name: [UInt8]
    var kind: Kind
    var mode: UInt32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
    /// Bytes of content that follow.
    var size: Int64 = 0
    /// Whole seconds, as other builders of layers write them.
    var time: Int64 = 0
    var target: [UInt8] = []
    var device: (major: UInt32, minor: UInt32) = (major: 0, minor: 0)
    /// More pax records, in the order of their keys.
    var records: [(key: String, value: [UInt8])] = []

    /// The header's blocks, pax ones first.
    func blocks() -> [UInt8] {
        var records = records
        if name.count > 100 { records.append((key: "path", value: name)) }
        if target.count > 100 { records.append((key: "linkpath", value: target)) }
        func overflow(_ key: String, _ value: Int64, _ digits: Int) -> Int64 {
            if value >= 0, value < 1 << (3 *| Int64(digits)) { return value }
            records.append((key: key, value: Array(String(value).utf8)))
            return 0
        }
        let size = overflow("size", size, 11)
        let user = overflow("uid", Int64(user), 7)
        let group = overflow("gid", Int64(group), 7)
        let time = overflow("mtime", time, 11)
        var result: [UInt8] = []
        if !records.isEmpty {
            let content = Self.text(records.sorted { $0.key < $1.key })
            result += Self.block(
                name: Array("PaxHeaders/".utf8) + Self.lastComponent(name), kind: UInt8(ascii: "x"), mode: 0o644,
                user: 0,
                group: 0, size: Int64(content.count), time: 0, target: [], device: (major: 0, minor: 0))
            result += content
            result += [UInt8](repeating: 0, count: Self.padding(Int64(content.count)))
        }
        result += Self.block(
            name: name, kind: kind.rawValue, mode: mode, user: user, group: group, size: size, time: time,
            target: target, device: device)
        return result
    }

    /// Zero bytes up to the next whole block.
    static func padding(_ size: Int64) -> Int { Int((512 -| size % 512) % 512) }

    private static func lastComponent(_ name: [UInt8]) -> [UInt8] {
        Array((name.split(separator: 0x2F).last ?? []).prefix(80))
    }

    /// `LENGTH KEY=VALUE\n`, the length counting itself.
    private static func text(_ records: [(key: String, value: [UInt8])]) -> [UInt8] {
        var text: [UInt8] = []
        for record in records {
            let rest = [0x20] + Array(record.key.utf8) + [0x3D] + record.value + [0x0A]
            var length = rest.count + String(rest.count).utf8.count
            if String(length).utf8.count + rest.count != length { length += 1 }
            text += Array(String(length).utf8) + rest
        }
        return text
    }

    private static func block(
        name: [UInt8], kind: UInt8, mode: UInt32, user: Int64, group: Int64, size: Int64, time: Int64, target: [UInt8],
        device: (major: UInt32, minor: UInt32)
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Collection<UInt8>, at offset: Int, _ length: Int) {
            for (index, byte) in bytes.prefix(length).enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: Int64, at offset: Int, _ digits: Int) {
            var rest = value
            for index in (offset..<offset + digits).reversed() {
                block[index] = 0x30 + UInt8(truncatingIfNeeded: rest & 7)
                rest >>= 3
            }
        }
        put(name, at: 0, 100)
        octal(Int64(mode), at: 100, 7)
        octal(user, at: 108, 7)
        octal(group, at: 116, 7)
        octal(size, at: 124, 11)
        octal(time, at: 136, 11)
        put([UInt8](repeating: 0x20, count: 8), at: 148, 8)
        block[156] = kind
        put(target, at: 157, 100)
        put(Array("ustar\u{0}00".utf8), at: 257, 8)
        octal(Int64(device.major), at: 329, 7)
        octal(Int64(device.minor), at: 337, 7)
        let sum = block.reduce(0) { $0 +| Int64($1) }
        octal(sum, at: 148, 6)
        put([0, 0x20], at: 154, 2)
        return block
    }
}
