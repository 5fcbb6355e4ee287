/// Text of a stranger, fit to be shown in one line: what steers a terminal or breaks a line is replaced, and it is cut where it is
/// long.
func shown(_ text: some StringProtocol, greatestLength: Int = 256) -> String {
    var result = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        guard index < greatestLength else { return result + "…" }
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: result += "\u{FFFD}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
