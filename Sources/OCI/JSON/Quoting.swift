extension DefaultStringInterpolation {
    /// Text from outside, in quotation marks, fit to be shown in one line: cut where it is long, and with what steers a terminal
    /// or breaks a line written as JSON would write it.
    package mutating func appendInterpolation(quoting text: String) {
        appendLiteral("'")
        appendLiteral(shown(text))
        appendLiteral("'")
    }
}

/// The same without quotation marks.
package func shown(_ text: String) -> String {
    let greatestLength = 128
    guard text.utf8.count > greatestLength || text.unicodeScalars.contains(where: isSteering) else { return text }
    var result = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        guard index < greatestLength else { return result + "…" }
        if isSteering(scalar) {
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Control characters, line separators, and what turns the direction of writing round.
private func isSteering(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
}
