import Linux

/// A length of time as Go writes it: `1m30s`, `500ms`, `1.5h`.
enum GoDuration {
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// Nanoseconds; nil where it is not one, or more than 292 years.
    static func nanoseconds(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        var rest = Array(text.utf8)[...]
        var sign = 1.0
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            rest = rest.dropFirst()
        }
        guard !rest.isEmpty else { return nil }
        var sum = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
            guard !digits.isEmpty, digits.count <= 32, digits.contains(where: { $0 != UInt8(ascii: ".") }),
                let number = Double(String(decoding: digits, as: UTF8.self))
            else { return nil }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !(0x30...0x39).contains($0) && $0 != UInt8(ascii: ".") }
            guard let unit = units.first(where: { $0.name.utf8.elementsEqual(name) }) else { return nil }
            rest = rest.dropFirst(name.count)
            sum += number * unit.nanoseconds
        }
        return sum < 9.2e18 ? Int64(sum * sign) : nil
    }

    /// As Go writes it, of whole milliseconds at least.
    static func text(_ nanoseconds: Int64) -> String {
        let milliseconds = nanoseconds / 1_000_000
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        let fraction = milliseconds % 1000 == 0 ? "" : "." + String(String(milliseconds % 1000 + 1000).dropFirst())
        let minutes = seconds / 60
        if minutes == 0 { return "\(seconds)\(fraction)s" }
        let hours = minutes / 60
        return (hours > 0 ? "\(hours)h" : "") + "\(minutes % 60)m\(seconds % 60)\(fraction)s"
    }
}
