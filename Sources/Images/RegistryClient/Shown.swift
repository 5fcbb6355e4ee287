import Linux

/// Text of a stranger, fit to be shown in one line: what steers a terminal or breaks a line is replaced, and it is cut where it is
/// long.
func shown(_ text: some StringProtocol, greatestLength: Int = 256) -> String {
    var result = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        guard index < greatestLength else { return result + "…" }
        result.unicodeScalars.append(scalar.isSteering ? "\u{FFFD}" : scalar)
    }
    return result
}
