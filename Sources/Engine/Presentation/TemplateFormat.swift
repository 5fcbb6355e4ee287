import OCI

/// `printf`, and how values follow each other in `print`: as Go's fmt has it, whose marks for what does not fit
/// (`%!d(string=x)`, `%!s(MISSING)`) are part of the text.
struct TemplateFormat {
    /// Values one behind the other, a blank between two of which neither is a text.
    static func joined(_ words: [JSONTree]) -> String {
        var result = ""
        for (index, word) in words.enumerated() {
            if index > 0, word.string == nil, words[index - 1].string == nil { result += " " }
            result += Template.text(word)
        }
        return result
    }

    static func text(_ words: [JSONTree]) throws(TemplateError) -> String {
        guard case .text(let format)? = words.first else {
            throw TemplateError(#"'printf' takes a text first: printf "%s" .Name"#)
        }
        var printing = TemplateFormat(rest: Substring(format).unicodeScalars, values: Array(words.dropFirst()))
        return try printing.text()
    }

    private var rest: Substring.UnicodeScalarView
    private let values: [JSONTree]
    /// Of the next value.
    private var place = 0
    /// An index, `%[2]d`, was given: nothing is left over then.
    private var isReordered = false
    /// Since the last `%`: the index that was given names a value.
    private var isGood = true
    /// The last thing read was an index.
    private var afterIndex = false

    private init(rest: Substring.UnicodeScalarView, values: [JSONTree]) {
        self.rest = rest
        self.values = values
    }

    private mutating func text() throws(TemplateError) -> String {
        var result = ""
        while let scalar = rest.popFirst() {
            if scalar == "%" { result += try shown() } else { result.unicodeScalars.append(scalar) }
        }
        guard !isReordered, place < values.count else { return result }
        let extra = values[place...].map { value in
            value == .null ? "<nil>" : "\(TemplateVerb.type(of: value))=\(Template.text(value))"
        }
        return result + "%!(EXTRA " + extra.joined(separator: ", ") + ")"
    }

    /// What stands for one `%…`.
    private mutating func shown() throws(TemplateError) -> String {
        var verb = TemplateVerb()
        var faults = ""
        (isGood, afterIndex) = (true, false)
        readFlags(&verb)
        readIndex()
        if rest.first == "*" {
            rest.removeFirst()
            verb.width = try valueAsNumber()
            if verb.width == nil { faults += "%!(BADWIDTH)" }
            if let width = verb.width, width < 0 { (verb.width, verb.minus, verb.zero) = (-width, true, false) }
            afterIndex = false
        } else {
            verb.width = try number()
            if afterIndex, verb.width != nil { isGood = false }
        }
        if rest.first == "." {
            rest.removeFirst()
            if afterIndex { isGood = false }
            readIndex()
            if rest.first == "*" {
                rest.removeFirst()
                verb.precision = try valueAsNumber()
                if let precision = verb.precision, precision < 0 { verb.precision = nil }
                if verb.precision == nil { faults += "%!(BADPREC)" }
                afterIndex = false
            } else {
                verb.precision = try number() ?? 0
            }
        }
        if !afterIndex { readIndex() }
        guard let letter = rest.popFirst() else { return faults + "%!(NOVERB)" }
        verb.letter = letter
        if letter == "%" { return faults + "%" }
        guard isGood else { return faults + "%!\(letter)(BADINDEX)" }
        guard place < values.count else { return faults + "%!\(letter)(MISSING)" }
        place += 1
        return faults + (try verb.text(values[place - 1]))
    }

    private mutating func readFlags(_ verb: inout TemplateVerb) {
        while let flag = rest.first {
            switch flag {
            case "-": verb.minus = true
            case "+": verb.plus = true
            case "#": verb.sharp = true
            case " ": verb.space = true
            case "0": verb.zero = true
            default: return
            }
            rest.removeFirst()
        }
    }

    /// `[2]`: which value is next.
    private mutating func readIndex() {
        guard rest.first == "[" else { return }
        isReordered = true
        guard let end = rest.firstIndex(of: "]") else {
            isGood = false
            rest.removeFirst()
            return
        }
        let digits = String(rest[rest.index(after: rest.startIndex)..<end])
        rest = rest[rest.index(after: end)...]
        afterIndex = true
        if let index = Int(digits), (1...max(1, values.count)).contains(index), index <= values.count {
            place = index - 1
        } else {
            isGood = false
        }
    }

    /// Digits; nil where there are none.
    private mutating func number() throws(TemplateError) -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        rest = rest[digits.endIndex...]
        return digits.isEmpty ? nil : try Self.bounded(String(digits))
    }

    /// The next value, for `*`; nil where it is not a whole number.
    private mutating func valueAsNumber() throws(TemplateError) -> Int? {
        guard isGood, place < values.count else { return nil }
        place += 1
        guard case .number(let digits) = values[place - 1], Int64(digits) != nil else { return nil }
        return try Self.bounded(digits)
    }

    /// More is never meant, and would fill memory.
    private static func bounded(_ digits: String) throws(TemplateError) -> Int {
        guard let number = Int(digits), (-1000...1000).contains(number) else {
            throw TemplateError("'printf': a width of \(digits) is too much")
        }
        return number
    }
}
