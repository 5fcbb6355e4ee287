import Statistics

/// Numbers for people: three significant digits, a unit that fits, the same way everywhere.
enum Quantity {
    /// A unit that suits a magnitude: its symbol and how many of the record's units it holds.
    struct Unit: Equatable {
        var symbol: String
        var size: Double
    }

    private static let times = [
        Unit(symbol: "ns", size: 1), Unit(symbol: "µs", size: 1e3), Unit(symbol: "ms", size: 1e6),
        Unit(symbol: "s", size: 1e9),
    ]
    private static let sizes = [
        Unit(symbol: "B", size: 1), Unit(symbol: "KiB", size: 1024), Unit(symbol: "MiB", size: 1_048_576),
        Unit(symbol: "GiB", size: 1_073_741_824),
    ]

    /// Nanoseconds or bytes in one of the record's unit; 1 for what has neither.
    static func base(of unit: String) -> Double {
        switch unit {
        case "us", "µs": 1e3
        case "ms": 1e6
        case "s": 1e9
        default: 1
        }
    }

    /// The unit in which a value of the record is best printed; its size is in the record's units.
    static func unit(for value: Double, _ unit: String) -> Unit {
        let base = base(of: unit)
        let ladder: [Unit]
        switch unit {
        case "ns", "us", "µs", "ms", "s": ladder = times
        case "B": ladder = sizes
        default: return Unit(symbol: unit == "1" ? "" : unit, size: 1)
        }
        let magnitude = abs(value) * base
        // 999.6 µs prints as 1.00 ms, not as 1000 µs.
        let step = unit == "B" ? 1023.5 : 999.5
        var chosen = ladder[0]
        for (index, candidate) in ladder.enumerated() where index > 0 {
            if magnitude >= step * ladder[index - 1].size { chosen = candidate }
        }
        return Unit(symbol: chosen.symbol, size: chosen.size / base)
    }

    /// `2.71 ms`, `213 µs`, `1.26 s`, `38.4 MiB`; a proper minus sign, and a space that does not break.
    static func text(_ value: Double, _ unit: String) -> String {
        let chosen = Self.unit(for: value, unit)
        return join(number(value / chosen.size, whole: chosen.symbol == "B"), chosen.symbol)
    }

    /// The number alone in a unit already chosen, so that what belongs together shares one.
    static func number(_ value: Double, in unit: Unit) -> String {
        number(value / unit.size, whole: unit.symbol == "B")
    }

    /// `2.65 to 2.80 ms`: both ends in one unit, that of the larger.
    static func interval(_ low: Double, _ high: Double, _ unit: String) -> String {
        let chosen = Self.unit(for: max(abs(low), abs(high)), unit)
        let ends = pair(low / chosen.size, high / chosen.size, whole: chosen.symbol == "B")
        return join("\(ends.0) to \(ends.1)", chosen.symbol)
    }

    /// `+2.48 ms`: a difference, with its sign.
    static func signed(_ value: Double, _ unit: String) -> String {
        let written = text(value, unit)
        return value > 0 ? "+" + written : written
    }

    /// `[+2.41, +2.55] ms`.
    static func signedInterval(_ low: Double, _ high: Double, _ unit: String) -> String {
        let chosen = Self.unit(for: max(abs(low), abs(high)), unit)
        let ends = pair(low / chosen.size, high / chosen.size, whole: chosen.symbol == "B")
        let signed = [(low, ends.0), (high, ends.1)].map { $0.0 > 0 ? "+" + $0.1 : $0.1 }
        return join("[\(signed[0]),\u{A0}\(signed[1])]", chosen.symbol)
    }

    /// `+2.48 ms [+2.41, +2.55]`: a difference and its interval in one unit.
    static func signed(_ value: Double, from low: Double, to high: Double, _ unit: String) -> String {
        let chosen = Self.unit(for: max(abs(low), abs(high), abs(value)), unit)
        let interval = signedInterval(low, high, unit)
        let ends = interval.prefix { $0 != "]" } + "]"
        let places = chosen.symbol == "B" ? 0 : decimals(max(abs(low), abs(high)) / chosen.size)
        let number = fixed(value / chosen.size, places)
        return join(value > 0 ? "+" + number : number, chosen.symbol) + " " + ends
    }

    /// `11.7×`.
    static func ratio(_ value: Double) -> String { number(value) + "×" }

    /// `84 %`; never 0 % or 100 % for what is not quite.
    static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        let share = Double(part) / Double(whole) * 100
        if part > 0 && share < 1 { return "<1\u{A0}%" }
        if part < whole && share > 99 { return ">99\u{A0}%" }
        return "\(Int(within: share.rounded()))\u{A0}%"
    }

    /// `100 000`: groups of three from five digits on.
    static func count(_ value: Int) -> String { grouped(String(value)) }

    /// Three significant digits: `0.213`, `2.71`, `27.1`, `271`, `2 710`.
    static func number(_ value: Double, whole: Bool = false) -> String {
        guard value.isFinite else { return "–" }
        return fixed(value, whole ? 0 : decimals(value))
    }

    /// Exactly so many decimals, without a formatter (those pull in a 70 MB library).
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 9e18 else { return "–" }
        let digits = UInt64(scaled)
        let sign = value < 0 && digits > 0 ? "\u{2212}" : ""
        let divisor = UInt64(scale)
        let whole = grouped(String(digits / divisor))
        guard decimals > 0 else { return sign + whole }
        let fraction = String(digits % divisor)
        return sign + whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    private static func decimals(_ value: Double) -> Int {
        let magnitude = abs(value)
        if magnitude == 0 || magnitude >= 99.95 { return 0 }
        if magnitude >= 9.995 { return 1 }
        if magnitude >= 0.9995 { return 2 }
        if magnitude >= 0.09995 { return 3 }
        return 4
    }

    /// Two ends with the decimals of the larger, and more if they would otherwise print alike.
    private static func pair(_ low: Double, _ high: Double, whole: Bool) -> (String, String) {
        guard !whole else { return (fixed(low, 0), fixed(high, 0)) }
        var places = decimals(max(abs(low), abs(high)))
        while places < 4 && low != high && fixed(low, places) == fixed(high, places) { places += 1 }
        return (fixed(low, places), fixed(high, places))
    }

    private static func join(_ number: String, _ symbol: String) -> String {
        symbol.isEmpty ? number : number + "\u{A0}" + symbol
    }

    private static func grouped(_ digits: String) -> String {
        guard digits.count > 4 else { return digits }
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { result += "\u{A0}" }
            result.append(digit)
        }
        return result
    }
}
