import OCI

/// What stands between `%` and the value it shows, `%-08.3f`, and how a value looks by it: as Go's fmt has it.
struct TemplateVerb {
    var minus = false
    var plus = false
    var sharp = false
    var space = false
    var zero = false
    var width: Int?
    var precision: Int?
    var letter: Unicode.Scalar = "v"

    func text(_ value: JSONTree) throws(TemplateError) -> String {
        switch letter {
        case "T": return padded(Self.type(of: value))
        case "v" where sharp: return try goSyntax(value)
        case "v" where plus:
            // It asks for the names of members, which maps always have.
            var plain = self
            plain.plus = false
            return try plain.text(value)
        default: break
        }
        switch value {
        case .null: return letter == "v" ? padded("<nil>") : mismatch(value)
        case .bool(let isOn):
            return "tv".unicodeScalars.contains(letter) ? padded(isOn ? "true" : "false") : mismatch(value)
        case .number(let digits):
            if let whole = Int64(digits) { return integer(whole) ?? mismatch(value) }
            guard let number = Double(digits) else { return padded(digits) }
            return try fraction(number) ?? mismatch(value)
        case .text(let text): return string(text) ?? mismatch(value)
        case .list(let elements):
            try checkNoPointer(value)
            var words: [String] = []
            for element in elements { words.append(try inside(element)) }
            return "[" + words.joined(separator: " ") + "]"
        case .object(let members):
            try checkNoPointer(value)
            let isSet = Template.isSet(members)
            var words: [String] = []
            for member in members.sorted(by: { $0.name < $1.name }) {
                words.append(
                    "\(string(member.name) ?? mismatch(.text(member.name))):\(isSet ? "{}" : try inside(member.value))")
            }
            return "map[" + words.joined(separator: " ") + "]"
        }
    }

    /// Of a list's element: nothing is shown bare.
    private func inside(_ value: JSONTree) throws(TemplateError) -> String {
        value == .null ? "<nil>" : try text(value)
    }

    private func checkNoPointer(_ value: JSONTree) throws(TemplateError) {
        if letter == "p" { throw TemplateError("'printf': '%p' is not supported") }
    }

    // MARK: - What does not fit

    /// `%!d(string=x)`
    private func mismatch(_ value: JSONTree) -> String {
        if value == .null { return "%!\(letter)(<nil>)" }
        var plain = self
        plain.letter = "v"
        plain.sharp = false
        let text = (try? plain.text(value)) ?? Template.text(value)
        return "%!\(letter)(\(Self.type(of: value))=\(text))"
    }

    static func type(of value: JSONTree) -> String {
        switch value {
        case .null: "<nil>"
        case .bool: "bool"
        case .number(let digits): Int64(digits) == nil ? "float64" : "int"
        case .text: "string"
        case .list(let elements):
            elements.isEmpty || elements.contains { $0.string == nil } ? "[]interface {}" : "[]string"
        case .object(let members):
            members.isEmpty || members.contains { $0.value.string == nil }
                ? "map[string]interface {}" : "map[string]string"
        }
    }

    /// `%#v`
    private func goSyntax(_ value: JSONTree) throws(TemplateError) -> String {
        var plain = self
        plain.sharp = false
        switch value {
        case .text:
            plain.letter = "q"
            return try plain.text(value)
        case .list, .object: throw TemplateError("'printf': '%#v' shows single values only; `json` shows all")
        case .null, .bool, .number: return try plain.text(value)
        }
    }

    // MARK: - Numbers

    private func integer(_ number: Int64) -> String? {
        switch letter {
        case "v", "d": return integer(number, radix: 10)
        case "b": return integer(number, radix: 2)
        case "o", "O": return integer(number, radix: 8)
        case "x", "X": return integer(number, radix: 16)
        case "c": return padded(String(Self.character(number)))
        case "q": return padded(TemplateQuotation.character(Self.character(number), onlyASCII: plus))
        case "U":
            let digits = String(UInt64(bitPattern: number), radix: 16, uppercase: true)
            let count = max(4, precision ?? 0)
            let code = "U+" + String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
            let shown = Self.character(number)
            return blanked.padded(sharp && TemplateQuotation.isPrintable(shown) ? "\(code) '\(shown)'" : code)
        default: return nil
        }
    }

    private func integer(_ number: Int64, radix: Int) -> String {
        if precision == 0, number == 0 { return blanked.padded("") }
        var digits = String(number.magnitude, radix: radix, uppercase: letter == "X")
        var least = precision ?? 0
        if precision == nil, zero, !minus, let width { least = number < 0 || plus || space ? width - 1 : width }
        digits = String(repeating: "0", count: max(0, least - digits.utf8.count)) + digits
        if sharp {
            switch letter {
            case "b": digits = "0b" + digits
            case "o": digits = digits.utf8.first == UInt8(ascii: "0") ? digits : "0" + digits
            case "x", "X": digits = "0\(letter)" + digits
            default: break
            }
        }
        if letter == "O" { digits = "0o" + digits }
        return blanked.padded((number < 0 ? "-" : plus ? "+" : space ? " " : "") + digits)
    }

    /// Without zeros, which are in the digits already.
    private var blanked: TemplateVerb {
        var verb = self
        verb.zero = false
        return verb
    }

    private static func character(_ number: Int64) -> Unicode.Scalar {
        UInt32(exactly: number).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}"
    }

    private func fraction(_ number: Double) throws(TemplateError) -> String? {
        let text: String
        switch letter {
        case "v", "g", "G":
            let shown: Character = letter == "G" ? "G" : "g"
            if let precision {
                text = TemplateFloat.text(number, letter: shown, precision: precision, keepsZeros: sharp)
            } else if sharp {
                text = TemplateFloat.text(number, letter: shown, precision: 6, keepsZeros: true)
            } else {
                let shortest = TemplateFloat.shortest(number)
                text = letter == "G" ? shortest.uppercased() : shortest
            }
        case "e", "E", "f", "F":
            text = TemplateFloat.text(
                number, letter: Character(letter), precision: precision ?? 6, keepsZeros: sharp)
        case "x", "X", "b": throw TemplateError("'printf': '%\(letter)' of a fraction is not supported")
        default: return nil
        }
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let sign = isNegative ? "-" : plus ? "+" : space ? " " : ""
        let digits = isNegative ? String(text.dropFirst()) : text
        guard zero, !minus, let width else { return blanked.padded(sign + digits) }
        return sign + String(repeating: "0", count: max(0, width - sign.utf8.count - digits.utf8.count)) + digits
    }

    // MARK: - Texts

    private func string(_ text: String) -> String? {
        switch letter {
        case "v", "s": return padded(cut(text))
        case "q":
            let text = cut(text)
            if sharp, TemplateQuotation.fitsBackquotes(text) { return padded("`\(text)`") }
            return padded(TemplateQuotation.text(text, onlyASCII: plus))
        case "x", "X":
            let bytes = text.utf8.prefix(precision ?? .max).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: letter == "X")
            }
            guard !bytes.isEmpty else { return padded("") }
            let mark = sharp ? "0\(letter)" : ""
            return padded(mark + bytes.joined(separator: space ? " \(mark)" : ""))
        default: return nil
        }
    }

    private func cut(_ text: String) -> String {
        guard let precision else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision)))
    }

    private func padded(_ text: String) -> String {
        guard let width, text.unicodeScalars.count < width else { return text }
        let count = width - text.unicodeScalars.count
        if minus { return text + String(repeating: " ", count: count) }
        return String(repeating: zero ? "0" : " ", count: count) + text
    }
}
