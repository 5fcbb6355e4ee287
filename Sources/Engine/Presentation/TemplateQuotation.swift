/// Texts and characters between quotation marks, as Go's strconv writes them.
package enum TemplateQuotation {
    /// - Parameter onlyASCII: whether other characters are escaped, too, rather than those alone that cannot be printed.
    package static func text(_ text: String, onlyASCII: Bool) -> String {
        "\"" + text.unicodeScalars.map { escaped($0, mark: "\"", onlyASCII) }.joined() + "\""
    }

    static func character(_ scalar: Unicode.Scalar, onlyASCII: Bool) -> String {
        "'" + escaped(scalar, mark: "'", onlyASCII) + "'"
    }

    static func fitsBackquotes(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0 == "\t" || $0.value >= 0x20 && $0 != "`" && $0 != "\u{7F}" && $0 != "\u{FEFF}"
        }
    }

    /// Letters, marks, digits, punctuation and symbols; of blanks, the common one alone.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar, mark: Unicode.Scalar, _ onlyASCII: Bool) -> String {
        switch scalar {
        case mark, "\\": return "\\\(scalar)"
        case "\u{7}": return "\\a"
        case "\u{8}": return "\\b"
        case "\u{C}": return "\\f"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{B}": return "\\v"
        default: break
        }
        if isPrintable(scalar), !onlyASCII || scalar.isASCII { return String(Character(scalar)) }
        let digits = String(scalar.value, radix: 16)
        let (mark, count) = scalar.value < 0x80 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\" + mark + String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }
}
