import Glibc
import Statistics

/// Figures inside sentences: three significant digits and the unit.
enum Figure {
    static func text(_ value: Double, unit: String = "") -> String {
        guard unit == "B" else { return rounded(value) + (unit.isEmpty || unit == "1" ? "" : " \(unit)") }
        var scaled = value
        var prefix = 0
        while abs(scaled) >= 1_024, prefix < 4 {
            scaled /= 1_024
            prefix += 1
        }
        return "\(rounded(scaled)) \(["B", "KiB", "MiB", "GiB", "TiB"][prefix])"
    }

    /// A whole percentage.
    static func percent(_ share: Double) -> String { "\(Int(within: (share * 100).rounded())) %" }

    /// Three significant digits, never in exponents above a thousandth.
    private static func rounded(_ value: Double) -> String {
        guard value != 0, value.isFinite, abs(value) < 1e15 else { return value == 0 ? "0" : "\(value)" }
        let magnitude = Int(within: log10(abs(value)).rounded(.down))
        if magnitude < -4 { return value.description.contains("e") ? short(value, magnitude) : "\(value)" }
        var decimals = max(0, 2 - magnitude)
        // 9.999 has one digit more before its point once it is rounded.
        if decimals > 0, (abs(value) * pow(10, Double(decimals))).rounded() >= 1_000 { decimals -= 1 }
        let scale = pow(10, Double(decimals))
        let whole = (abs(value) * scale).rounded()
        let sign = value < 0 ? "−" : ""
        guard decimals > 0 else { return sign + String(Int(within: whole)) }
        let integer = Int(within: whole / scale)
        let fraction = String(Int(within: whole) - integer * Int(within: scale))
        return "\(sign)\(integer)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    private static func short(_ value: Double, _ magnitude: Int) -> String {
        let digits = (value / pow(10, Double(magnitude)) * 10).rounded() / 10
        return "\(digits)e\(magnitude)"
    }
}
