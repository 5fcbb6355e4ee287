import Glibc

/// Fractions as Go's strconv and fmt write them.
enum TemplateFloat {
    /// `%v` and `%g` without a precision: as many digits as it takes to read the same number back.
    static func shortest(_ number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf" }
        let sign = number.sign == .minus ? "-" : ""
        let (digits, exponent) = parts(of: number.magnitude)
        guard (-4..<6).contains(exponent) else {
            let fraction = digits.dropFirst()
            let amount = String(exponent.magnitude)
            return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + (exponent < 0 ? "e-" : "e+")
                + (amount.utf8.count < 2 ? "0" : "") + amount
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let whole = digits.prefix(exponent + 1)
        let zeros = String(repeating: "0", count: exponent + 1 - whole.utf8.count)
        let fraction = digits.dropFirst(exponent + 1)
        return sign + whole + zeros + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// `%e`, `%f` and `%g` with a precision, which C has alike.
    ///
    /// - Parameters:
    ///   - letter: one of `eEfFgG`.
    ///   - precision: at most 1000.
    static func text(_ number: Double, letter: Character, precision: Int, keepsZeros: Bool) -> String {
        // The largest number has 309 digits before its point.
        var buffer = [CChar](repeating: 0, count: 1536)
        withVaList([CInt(clamping: precision), number]) { words in
            _ = vsnprintf(&buffer, buffer.count, "%\(keepsZeros ? "#" : "").*\(letter)", words)
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The digits that tell a number from its neighbours, and the power of ten of the first.
    private static func parts(of number: Double) -> (digits: String, exponent: Int) {
        guard number > 0 else { return ("0", 0) }
        // `1234.5`, `1e-05`
        let pieces = number.description.split(separator: "e")
        let point = pieces[0].split(separator: ".", omittingEmptySubsequences: false)
        let all = point.joined()
        let leading = all.prefix { $0 == "0" }.utf8.count
        var digits = Substring(all).dropFirst(leading)
        while digits.utf8.count > 1, digits.last == "0" { digits.removeLast() }
        let shift = pieces.count > 1 ? Int(pieces[1]) ?? 0 : 0
        return (String(digits), point[0].utf8.count - 1 - leading + shift)
    }
}
