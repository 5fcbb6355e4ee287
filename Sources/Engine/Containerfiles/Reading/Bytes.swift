/// The syntax is ASCII: reading bytes spares what characters cost, and a line's end is no character of its own (`\r\n`).
enum ASCII {
    static let tab = UInt8(ascii: "\t")
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let hash = UInt8(ascii: "#")
    static let dollar = UInt8(ascii: "$")
    static let single = UInt8(ascii: "'")
    static let double = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let equals = UInt8(ascii: "=")
    static let dash = UInt8(ascii: "-")
    static let slash = UInt8(ascii: "/")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")

    /// Of one line: blanks as Go's regular expressions know them (`[\t\v\f\r ]`).
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == space || byte == tab || byte == 0x0B || byte == 0x0C || byte == carriageReturn
    }

    static func isSpace(_ byte: UInt8) -> Bool { isBlank(byte) || byte == newline }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

    static func isNamePart(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: "_") }
}

extension Collection<UInt8> where SubSequence: Collection<UInt8>, Self: BidirectionalCollection {
    /// Without the white space at both ends.
    var trimmed: SubSequence {
        guard let first = firstIndex(where: { !ASCII.isSpace($0) }),
            let last = lastIndex(where: { !ASCII.isSpace($0) })
        else { return self[endIndex...] }
        return self[first...last]
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}

extension String {
    /// Without the white space at both ends.
    var trimmed: String { utf8.trimmed.text }

    /// Words between blanks; quotation marks mean nothing here.
    var blankParted: [String] {
        utf8.split(whereSeparator: ASCII.isSpace).map { String(decoding: $0, as: UTF8.self) }
    }
}
