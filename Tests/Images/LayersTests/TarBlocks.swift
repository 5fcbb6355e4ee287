/// A tar archive written block by block, honest or not: POSIX ustar headers with pax and GNU extensions.
struct TarBlocks {
    private(set) var bytes: [UInt8] = []

    /// What one header says. Everything that can be lied about can be set.
    struct Header {
        var name: [UInt8]
        var type: Character = "0"
        var mode: UInt32 = 0o644
        var user: UInt64 = 0
        var group: UInt64 = 0
        var size: UInt64?
        var time: UInt64 = 1_700_000_000
        var target: [UInt8] = []
        var device: (major: UInt64, minor: UInt64) = (major: 0, minor: 0)
        /// The twelve bytes of the size field, in place of the octal number.
        var rawSize: [UInt8]?
    }

    init() {}

    mutating func add(_ header: Header, content: [UInt8] = []) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ value: some Collection<UInt8>, at offset: Int, _ length: Int) {
            for (index, byte) in value.prefix(length).enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: UInt64, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(digits - text.count, 0)) + text).utf8)
        }
        put(header.name, at: 0, 100)
        put(octal(UInt64(header.mode), 7), at: 100, 7)
        put(octal(header.user, 7), at: 108, 7)
        put(octal(header.group, 7), at: 116, 7)
        put(header.rawSize ?? octal(header.size ?? UInt64(content.count), 11), at: 124, 12)
        put(octal(header.time, 11), at: 136, 11)
        put(Array(repeating: 0x20, count: 8), at: 148, 8)
        put(String(header.type).utf8, at: 156, 1)
        put(header.target, at: 157, 100)
        put(Array("ustar\u{0}00".utf8), at: 257, 8)
        put(octal(header.device.major, 7), at: 329, 7)
        put(octal(header.device.minor, 7), at: 337, 7)
        let sum = block.reduce(0) { $0 + UInt64($1) }
        put(octal(sum, 6) + [0, 0x20], at: 148, 8)
        bytes += block
        append(content)
    }

    mutating func file(_ name: String, _ content: String = "", mode: UInt32 = 0o644) {
        add(Header(name: Array(name.utf8), mode: mode), content: Array(content.utf8))
    }

    mutating func directory(_ name: String, mode: UInt32 = 0o755) {
        add(Header(name: Array(name.utf8), type: "5", mode: mode))
    }

    mutating func link(_ name: String, to target: String) {
        add(Header(name: Array(name.utf8), type: "2", mode: 0o777, target: Array(target.utf8)))
    }

    mutating func hardLink(_ name: String, to target: String) {
        add(Header(name: Array(name.utf8), type: "1", target: Array(target.utf8)))
    }

    mutating func device(_ name: String, block: Bool = false, _ major: UInt64, _ minor: UInt64) {
        add(Header(name: Array(name.utf8), type: block ? "4" : "3", device: (major: major, minor: minor)))
    }

    /// A pax header before the next entry (pax(1), "pax Extended Header").
    mutating func pax(_ records: [(key: String, value: [UInt8])], type: Character = "x") {
        var content: [UInt8] = []
        for record in records {
            let rest = [0x20] + Array(record.key.utf8) + [0x3D] + record.value + [0x0A]
            var length = rest.count + 1
            while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
            content += Array(String(length).utf8) + rest
        }
        add(Header(name: Array("PaxHeaders/x".utf8), type: type), content: content)
    }

    /// GNU's long name of the next entry.
    mutating func longName(_ name: [UInt8]) {
        add(Header(name: Array("././@LongLink".utf8), type: "L"), content: name + [0])
    }

    /// Bytes, padded to whole blocks.
    mutating func append(_ content: [UInt8]) {
        bytes += content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// The archive with its two closing blocks.
    func closed() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    static func made(_ body: (inout TarBlocks) -> Void) -> [UInt8] {
        var blocks = TarBlocks()
        body(&blocks)
        return blocks.closed()
    }
}
