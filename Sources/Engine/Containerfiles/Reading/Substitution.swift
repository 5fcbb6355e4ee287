/// Replaces variables in the words of an instruction and takes their quotation marks off, as Docker does ("Environment
/// replacement"): `$name`, `${name}`, `${name:-word}`, `${name:+word}`, `${name:?word}`, each also without the colon,
/// `${name#pattern}`, `##`, `%`, `%%`, `${name/pattern/word}` and `//`.
struct Substitution {
    private let value: (String) -> String?
    private let escape: UInt8

    /// - Parameter value: a variable's; nil where it is not set.
    init(escape: UInt8 = ASCII.backslash, _ value: @escaping (String) -> String?) {
        self.escape = escape
        self.value = value
    }

    /// One word as one word.
    func word(_ text: String) throws(ContainerfileError) -> String {
        // Most words have nothing to replace.
        guard
            text.utf8.contains(where: { $0 == ASCII.dollar || $0 == escape || $0 == ASCII.single || $0 == ASCII.double }
            )
        else { return text }
        var walk = Walk(text: Array(text.utf8), substitution: self)
        let parts = try walk.run(until: nil, nesting: 0)
        return parts.bytes.text
    }

    /// A word that may become several: blanks outside of quotation marks part them, also those of a variable's value.
    func words(_ text: String) throws(ContainerfileError) -> [String] {
        var walk = Walk(text: Array(text.utf8), substitution: self)
        let result = try walk.run(until: nil, nesting: 0)
        var words: [String] = []
        var word: [UInt8] = []
        var isWord = false
        for (index, byte) in result.bytes.enumerated() {
            if ASCII.isSpace(byte), !result.quoted[index] {
                if isWord || !word.isEmpty { words.append(word.text) }
                word = []
                isWord = false
            } else {
                word.append(byte)
            }
        }
        if !word.isEmpty { words.append(word.text) }
        return words
    }

    /// Variables alone: quotation marks and escapes stay, for a here-document.
    func document(_ text: String) throws(ContainerfileError) -> String {
        guard text.utf8.contains(ASCII.dollar) else { return text }
        var walk = Walk(text: Array(text.utf8), substitution: self, limit: ContainerfileLimits.fileSize)
        walk.isDocument = true
        return try walk.run(until: nil, nesting: 0).bytes.text
    }

    /// What came out, and which of it was inside of quotation marks or escaped.
    private struct Result {
        var bytes: [UInt8] = []
        var quoted: [Bool] = []

        mutating func append(_ byte: UInt8, quoted isQuoted: Bool) {
            bytes.append(byte)
            quoted.append(isQuoted)
        }

        mutating func append(_ text: some Sequence<UInt8>, quoted isQuoted: Bool) {
            for byte in text { append(byte, quoted: isQuoted) }
        }
    }

    private struct Walk {
        let text: [UInt8]
        let substitution: Substitution
        var limit = ContainerfileLimits.wordLength
        var isDocument = false
        var index = 0

        var peek: UInt8? { index < text.count ? text[index] : nil }

        /// Until the end, or an ending that is taken as well.
        mutating func run(until endings: [UInt8]?, nesting: Int) throws(ContainerfileError) -> Result {
            guard nesting <= ContainerfileLimits.nesting else {
                throw ContainerfileError("variables are nested more than \(ContainerfileLimits.nesting) deep")
            }
            var result = Result()
            while let byte = peek {
                if let endings, endings.contains(byte) { return result }
                index += 1
                if byte == ASCII.dollar {
                    result.append(try dollar(nesting), quoted: false)
                } else if byte == substitution.escape {
                    escaped(into: &result)
                } else if byte == ASCII.single, !isDocument {
                    try single(into: &result)
                } else if byte == ASCII.double, !isDocument {
                    try double(into: &result, nesting)
                } else {
                    result.append(byte, quoted: false)
                }
                guard result.bytes.count <= limit else {
                    throw ContainerfileError("a word is longer than \(limit) bytes after substitution")
                }
            }
            guard endings == nil else { throw ContainerfileError("${ has no }") }
            return result
        }

        private mutating func escaped(into result: inout Result) {
            guard let byte = peek else {
                result.append(substitution.escape, quoted: true)
                return
            }
            index += 1
            // In a document it escapes a variable, and itself.
            if isDocument, byte != ASCII.dollar, byte != substitution.escape {
                result.append(substitution.escape, quoted: true)
            }
            result.append(byte, quoted: true)
        }

        private mutating func single(into result: inout Result) throws(ContainerfileError) {
            while let byte = peek {
                index += 1
                if byte == ASCII.single { return }
                result.append(byte, quoted: true)
            }
            throw ContainerfileError("a single quotation mark is not closed")
        }

        private mutating func double(into result: inout Result, _ nesting: Int) throws(ContainerfileError) {
            while let byte = peek {
                index += 1
                if byte == ASCII.double { return }
                if byte == ASCII.dollar {
                    result.append(try dollar(nesting), quoted: true)
                } else if byte == substitution.escape, let next = peek {
                    index += 1
                    if next != ASCII.double, next != ASCII.dollar, next != substitution.escape {
                        result.append(byte, quoted: true)
                    }
                    result.append(next, quoted: true)
                } else {
                    result.append(byte, quoted: true)
                }
                guard result.bytes.count <= limit else {
                    throw ContainerfileError("a word is longer than \(limit) bytes after substitution")
                }
            }
            throw ContainerfileError("a double quotation mark is not closed")
        }

        private mutating func dollar(_ nesting: Int) throws(ContainerfileError) -> [UInt8] {
            guard peek == ASCII.openBrace else {
                let name = takeName()
                return name.isEmpty ? [ASCII.dollar] : Array((substitution.value(name) ?? "").utf8)
            }
            index += 1
            let name = takeName()
            guard !name.isEmpty else { throw ContainerfileError("${ is not followed by a name") }
            guard let sign = peek else { throw ContainerfileError("${\(name) has no }") }
            index += 1
            let value = substitution.value(name)
            switch sign {
            case ASCII.closeBrace: return Array((value ?? "").utf8)
            case UInt8(ascii: ":"):
                guard let modifier = peek else { throw ContainerfileError("${\(name) has no }") }
                index += 1
                return try conditional(modifier, name, value, isSet: !(value ?? "").isEmpty, nesting, colon: ":")
            case UInt8(ascii: "#"), UInt8(ascii: "%"):
                let isGreedy = peek == sign
                if isGreedy { index += 1 }
                let pattern = try operand(nesting)
                return TextPattern(pattern).trimmed(
                    Array((value ?? "").utf8), fromStart: sign == UInt8(ascii: "#"), greedy: isGreedy)
            case ASCII.slash:
                let all = peek == ASCII.slash
                if all { index += 1 }
                let pattern = try run(until: [ASCII.slash, ASCII.closeBrace], nesting: nesting + 1).bytes
                let hasReplacement = peek == ASCII.slash
                index += 1
                let replacement = hasReplacement ? try operand(nesting) : []
                return try TextPattern(pattern).replaced(
                    in: Array((value ?? "").utf8), with: replacement, all: all, limit: limit)
            default:
                return try conditional(sign, name, value, isSet: value != nil, nesting, colon: "")
            }
        }

        private mutating func conditional(
            _ modifier: UInt8, _ name: String, _ value: String?, isSet: Bool, _ nesting: Int, colon: String
        ) throws(ContainerfileError) -> [UInt8] {
            let word = try operand(nesting)
            switch modifier {
            case ASCII.dash: return isSet ? Array((value ?? "").utf8) : word
            case UInt8(ascii: "+"): return isSet ? word : []
            case UInt8(ascii: "?"):
                guard isSet else {
                    throw ContainerfileError("\(name): \(word.isEmpty ? "is not allowed to be unset" : word.text)")
                }
                return Array((value ?? "").utf8)
            default:
                let sign = String(decoding: [modifier], as: UTF8.self)
                throw ContainerfileError("${\(name)\(colon)\(sign)…} is not a substitution")
            }
        }

        private mutating func operand(_ nesting: Int) throws(ContainerfileError) -> [UInt8] {
            let result = try run(until: [ASCII.closeBrace], nesting: nesting + 1)
            index += 1
            return result.bytes
        }

        /// Letters, digits and `_`; or one digit or sign that a shell would know.
        private mutating func takeName() -> String {
            guard let first = peek else { return "" }
            if ASCII.isDigit(first) || first == UInt8(ascii: "@") || first == UInt8(ascii: "*") || first == ASCII.hash {
                index += 1
                return [first].text
            }
            let start = index
            while let byte = peek, ASCII.isNamePart(byte) { index += 1 }
            return text[start..<index].text
        }
    }
}

/// A shell's pattern: `*`, `?` and what they mean literally after a backslash.
struct TextPattern {
    private enum Part {
        case any
        case one
        case byte(UInt8)
    }

    private let parts: [Part]

    init(_ bytes: [UInt8]) {
        var parts: [Part] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                parts.append(.byte(byte))
                isEscaped = false
            } else if byte == ASCII.backslash {
                isEscaped = true
            } else if byte == UInt8(ascii: "*") {
                parts.append(.any)
            } else if byte == UInt8(ascii: "?") {
                parts.append(.one)
            } else {
                parts.append(.byte(byte))
            }
        }
        self.parts = parts
    }

    /// Without the shortest, or longest, start or end that matches.
    func trimmed(_ text: [UInt8], fromStart: Bool, greedy: Bool) -> [UInt8] {
        let ends = fromStart ? ends(in: text) : endsReversed(in: text)
        guard let length = greedy ? ends.last : ends.first else { return text }
        return fromStart ? Array(text.dropFirst(length)) : Array(text.dropLast(length))
    }

    func replaced(
        in text: [UInt8], with replacement: [UInt8], all: Bool, limit: Int
    ) throws(ContainerfileError) -> [UInt8] {
        guard !parts.isEmpty else { return text }
        // Every place may be looked at to the end: what is longer would take too long.
        guard text.count <= ContainerfileLimits.patternLength else {
            throw ContainerfileError("${…/…} replaces in values of at most \(ContainerfileLimits.patternLength) bytes")
        }
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            if let length = ends(in: text[index...]).last, length > 0 {
                result += replacement
                index += length
                if !all { return result + text[index...] }
            } else {
                result.append(text[index])
                index += 1
            }
            guard result.count <= limit else { throw ContainerfileError("a replacement is longer than \(limit) bytes") }
        }
        return result
    }

    /// The lengths of all starts of a text that match, rising: a set of states, never a search that goes back.
    private func ends(in text: some Collection<UInt8>) -> [Int] { Self.ends(parts, in: text) }

    private func endsReversed(in text: [UInt8]) -> [Int] { Self.ends(parts.reversed(), in: text.reversed()) }

    private static func ends(_ parts: [Part], in text: some Collection<UInt8>) -> [Int] {
        var states = Set([0])
        func closed(_ states: Set<Int>) -> Set<Int> {
            var result = states
            for state in states {
                var next = state
                while next < parts.count, case .any = parts[next] {
                    next += 1
                    result.insert(next)
                }
            }
            return result
        }
        states = closed(states)
        var lengths: [Int] = []
        if states.contains(parts.count) { lengths.append(0) }
        for (count, byte) in text.enumerated() {
            var next: Set<Int> = []
            for state in states where state < parts.count {
                switch parts[state] {
                case .any: next.insert(state)
                case .one: next.insert(state + 1)
                case .byte(let own): if own == byte { next.insert(state + 1) }
                }
            }
            states = closed(next)
            if states.isEmpty { break }
            if states.contains(parts.count) { lengths.append(count + 1) }
        }
        return lengths
    }
}
