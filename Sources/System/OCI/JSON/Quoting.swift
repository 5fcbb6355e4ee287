import Linux

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
    guard text.utf8.count > greatestLength || text.unicodeScalars.contains(where: \.isSteering) else { return text }
    var result = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        guard index < greatestLength else { return result + "…" }
        if scalar.isSteering {
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}
