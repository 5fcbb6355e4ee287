import OCI

/// A number as Go writes it in a template: `12`, `-0x1f`, `0b101`, `017`, `1_000`, `.5`, `1e3`, `0x1p4`.
enum TemplateNumber {
    /// Whether a number begins here: a digit, or a sign or a point before one.
    static func begins(_ rest: Substring) -> Bool {
        var bytes = rest.utf8[...]
        if let sign = bytes.first, "+-".utf8.contains(sign) { bytes = bytes.dropFirst() }
        if bytes.first == UInt8(ascii: ".") { bytes = bytes.dropFirst() }
        return bytes.first.map { (0x30...0x39).contains($0) } ?? false
    }

    static func read(_ rest: inout Substring) throws(TemplateError) -> JSONTree {
        let word = rest.prefix(length(of: rest))
        rest = rest[word.endIndex...]
        func fail() -> TemplateError { TemplateError("'\(word)' is not a number") }
        if word.last == "i" { throw TemplateError("'\(word)': imaginary numbers are not supported") }
        var digits = word
        let isNegative = digits.first == "-"
        if let sign = digits.first, "+-".contains(sign) { digits = digits.dropFirst() }
        // A line joins digits, or a mark and digits.
        guard !digits.hasPrefix("_"), !digits.hasSuffix("_"), !digits.contains("__") else { throw fail() }
        let plain = digits.replacing("_", with: "").lowercased()
        let isHexadecimal = plain.hasPrefix("0x")
        if plain.contains(".") || plain.contains("p") || !isHexadecimal && plain.contains("e") {
            guard let number = Double(plain), number.isFinite, isHexadecimal == plain.contains("p") else {
                throw fail()
            }
            // With a point, so that it stays a fraction whatever its value.
            return .number("\(isNegative ? -number : number)")
        }
        let (radix, body) = radixAndDigits(plain)
        guard !body.isEmpty, body.allSatisfy({ $0.hexDigitValue.map { $0 < radix } ?? false }) else { throw fail() }
        guard let magnitude = UInt64(body, radix: radix), magnitude <= UInt64(Int64.max) + (isNegative ? 1 : 0) else {
            throw TemplateError("'\(word)' is too large for a whole number")
        }
        return .number((isNegative && magnitude > 0 ? "-" : "") + String(magnitude))
    }

    private static func radixAndDigits(_ text: String) -> (Int, Substring) {
        for (mark, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] where text.hasPrefix(mark) {
            return (radix, text.dropFirst(2))
        }
        return text.count > 1 && text.hasPrefix("0") ? (8, text.dropFirst()) : (10, text[...])
    }

    /// How many characters look like one number, with a sign behind an exponent's mark.
    private static func length(of rest: Substring) -> Int {
        var count = 0
        var last: Character = " "
        let lower = rest.prefix(128).lowercased()
        let isHexadecimal = ["0x", "+0x", "-0x"].contains { lower.hasPrefix($0) }
        for character in rest {
            let isSign = character == "+" || character == "-"
            if isSign, count > 0, !(last == "p" || last == "P" || !isHexadecimal && (last == "e" || last == "E")) {
                break
            }
            guard isSign || character.isASCII && (character.isLetter || character.isNumber) || "._".contains(character)
            else { break }
            (count, last) = (count + 1, character)
        }
        return count
    }
}
