import Linux

/// Bytes for people, as Docker writes them: three figures and a unit of thousands, `1.24MB`.
package enum HumanSize {
    package static func text(_ bytes: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        var unit = 0
        var scale: Int64 = 1
        // 999.5 is written as a thousand: it is one of the next unit.
        while unit < units.count - 1, bytes / scale >= 1000 || rounded(bytes, scale, 1) >= 1000 {
            scale = (scale *| 1000)
            unit += 1
        }
        guard unit > 0 else { return "\(bytes)B" }
        let whole = bytes / scale
        let places: Int64 = whole >= 100 ? 1 : whole >= 10 ? 10 : 100
        var number = rounded(bytes, scale, places)
        // 9.999 becomes 10.0, which has a place less.
        var decimals = places
        if places > 1, number >= 1000 {
            number /= 10
            decimals /= 10
        }
        let fraction = number % decimals
        guard decimals > 1, fraction != 0 else { return "\(number / decimals)\(units[unit])" }
        var digits = String(fraction)
        while digits.count < (decimals == 100 ? 2 : 1) { digits = "0" + digits }
        while digits.last == "0" { digits.removeLast() }
        return "\(number / decimals).\(digits)\(units[unit])"
    }

    /// The same in units of 1024, as Docker writes memory: `1.5MiB`.
    package static func binary(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var unit = 0
        var value = Double(bytes)
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        guard unit > 0 else { return "\(bytes)B" }
        // Four figures, as Docker has them.
        let places: Double = value >= 1000 ? 1 : value >= 100 ? 10 : value >= 10 ? 100 : 1000
        let number = (value * places).rounded() / places
        let text = "\(number)"
        return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + units[unit]
    }

    /// `bytes / scale` in units of `1 / places`, to the nearest.
    private static func rounded(_ bytes: Int64, _ scale: Int64, _ places: Int64) -> Int64 {
        let (whole, rest) = bytes.quotientAndRemainder(dividingBy: scale)
        return whole *| places +| Int64((Double(rest) / Double(scale) * Double(places)).rounded())
    }
}
