extension TemplateParser {
    /// A text in `"…"`, with Go's escapes, or in backticks, as it is.
    static func quoted(_ rest: inout Substring, _ mark: Character) throws(TemplateError) -> String {
        rest.removeFirst()
        // An escape may be a byte of a character.
        var result: [UInt8] = []
        while let character = rest.popFirst() {
            if character == mark { return String(decoding: result, as: UTF8.self) }
            if character == "\\", mark == "\"" {
                result += try escape(&rest, mark)
            } else {
                result += Array(String(character).utf8)
            }
        }
        throw TemplateError("a text is not closed by \(mark)")
    }

    /// `'a'`: the number of a character.
    static func character(_ rest: inout Substring) throws(TemplateError) -> UInt32 {
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let character = rest.popFirst(), character != "'" {
            bytes += character == "\\" ? try escape(&rest, "'") : Array(String(character).utf8)
        }
        let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        guard scalars.count == 1 else { throw TemplateError("between ' and ' there must be one character") }
        return scalars[0].value
    }

    /// What stands behind a backslash, as bytes.
    private static func escape(_ rest: inout Substring, _ mark: Character) throws(TemplateError) -> [UInt8] {
        guard let letter = rest.popFirst() else { throw TemplateError("a text ends after a backslash") }
        let simple: [Character: UInt8] = [
            "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 0x5C, mark: mark.asciiValue ?? 0,
        ]
        if let byte = simple[letter] { return [byte] }
        func number(_ digits: Substring, _ radix: Int, of count: Int) throws(TemplateError) -> UInt32 {
            guard digits.utf8.count == count, digits.utf8.first != UInt8(ascii: "+"),
                let value = UInt32(digits, radix: radix)
            else { throw TemplateError("a text has '\\\(letter)\(digits)', which is not an escape") }
            return value
        }
        switch letter {
        case "x":
            let digits = rest.prefix(2)
            rest = rest.dropFirst(2)
            return [UInt8(truncatingIfNeeded: try number(digits, 16, of: 2))]
        case "0"..."7":
            let digits = rest.prefix(2)
            rest = rest.dropFirst(2)
            guard let byte = UInt8(exactly: try number("\(letter)\(digits)", 8, of: 3)) else { break }
            return [byte]
        case "u", "U":
            let count = letter == "u" ? 4 : 8
            let digits = rest.prefix(count)
            rest = rest.dropFirst(count)
            guard let scalar = Unicode.Scalar(try number(digits, 16, of: count)) else { break }
            return Array(String(Character(scalar)).utf8)
        default: break
        }
        throw TemplateError("a text has '\\\(letter)', which is not an escape")
    }
}
