import Glibc

/// The few strings that fill a table's columns, made once each.
struct StringTable {
    private var slots: [(hash: UInt64, text: String)?]
    private var count = 0

    init() { slots = Array(repeating: nil, count: 256) }

    /// The string of these bytes.
    mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        if bytes.isEmpty { return "" }
        // FNV-1a
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while let slot = slots[index] {
            if slot.hash == hash, Self.equal(slot.text, bytes) { return slot.text }
            index = (index + 1) & (slots.count - 1)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        // Reasons may differ in every row; a table of them would only grow.
        guard count < slots.count / 2 else { return text }
        slots[index] = (hash, text)
        count += 1
        return text
    }

    @inline(__always)
    private static func equal(_ text: String, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        text.utf8.withContiguousStorageIfAvailable {
            guard $0.count == bytes.count, let first = $0.baseAddress, let second = bytes.baseAddress else {
                return false
            }
            return memcmp(first, second, bytes.count) == 0
        } ?? text.utf8.elementsEqual(bytes)
    }
}
