import OCI

/// What templates can do with values: Go's own functions as far as they make sense of JSON, and docker's and podman's.
enum TemplateFunction: String, CaseIterable, Equatable, Sendable {
    case and, eq, ge, gt, html, index, join, js, json, le, len, lower, lt, ne, not, or, pad, print, printf, println,
        slice
    case split, title, truncate, upper, urlquery

    /// - Parameters:
    ///   - words: what stands behind it.
    ///   - name: the first field among them, for errors.
    func value(of words: [JSONTree], called name: String?) throws(TemplateError) -> JSONTree {
        let shown = "'\(name ?? words.first.map(Template.text) ?? "")'"
        switch self {
        case .and: return words.first { !Self.isTrue($0) } ?? words.last ?? .bool(true)
        case .or: return words.first(where: Self.isTrue) ?? words.last ?? .bool(false)
        case .not: return .bool(!Self.isTrue(try one(words)))
        case .eq: return .bool(try Self.isEqual(try some(words, 2...), to: words.dropFirst()))
        case .ne: return .bool(!(try Self.isEqual(try some(words, 2...2), to: words.dropFirst())))
        case .lt, .le, .gt, .ge: return .bool(try isOrdered(try some(words, 2...2), words[1]))
        case .json: return .text(String(decoding: JSONDocument.write(try one(words), indented: false), as: UTF8.self))
        case .upper: return .text(Template.text(try one(words)).uppercased())
        case .lower: return .text(Template.text(try one(words)).lowercased())
        case .pad:
            let text = Template.text(try some(words, 3...3))
            let (before, after) = (try blanks(words[1]), try blanks(words[2]))
            return .text(text.isEmpty ? "" : before + text + after)
        case .title: return .text(Self.title(Template.text(try one(words))))
        case .print: return .text(TemplateFormat.joined(words))
        case .html: return .text(TemplateEscapes.html(TemplateFormat.joined(words)))
        case .js: return .text(TemplateEscapes.script(TemplateFormat.joined(words)))
        case .urlquery: return .text(TemplateEscapes.query(TemplateFormat.joined(words)))
        case .println: return .text(words.map(Template.text).joined(separator: " ") + "\n")
        case .printf: return .text(try TemplateFormat.text(words))
        case .len:
            switch try one(words) {
            case .list(let elements): return .number(elements.count)
            case .object(let members): return .number(members.count)
            case .text(let text): return .number(text.utf8.count)
            case .null: return .number(0)
            default: throw TemplateError("\(shown) has no length")
            }
        case .join:
            guard case .list(let elements) = try some(words, 2...2) else {
                if words[0] == .null { return .text("") }
                throw TemplateError("\(shown) is not a list to join")
            }
            return .text(elements.map(Template.text).joined(separator: Template.text(words[1])))
        case .split:
            let (text, separator) = (Template.text(try some(words, 2...2)), Template.text(words[1]))
            return .list(text.split(separator: separator, omittingEmptySubsequences: false).map { .text(String($0)) })
        case .truncate:
            let text = Template.text(try some(words, 2...2))
            return .text(String(text.prefix(max(0, try number(words[1])))))
        case .slice: return try slice(try some(words, 1...3), words.dropFirst())
        case .index:
            var value = try some(words, 1...)
            for key in words.dropFirst() { value = try Self.element(key, of: value, shown) }
            return value
        }
    }

    // MARK: - Words

    private func one(_ words: [JSONTree]) throws(TemplateError) -> JSONTree { try some(words, 1...1) }

    /// The first of them, where there are as many as it takes.
    private func some(
        _ words: [JSONTree], _ count: some RangeExpression<Int>
    ) throws(TemplateError) -> JSONTree {
        guard count.contains(words.count), let first = words.first else {
            throw TemplateError(
                "'\(rawValue)' has \(words.count) arguments: \(Self.usage[self] ?? "one is needed")")
        }
        return first
    }

    private static let usage: [TemplateFunction: String] = [
        .eq: "two are needed, or more", .ne: "two are needed", .lt: "two are needed", .le: "two are needed",
        .gt: "two are needed", .ge: "two are needed", .join: #"join .List ", ""#, .split: #"split .Text ",""#,
        .pad: "pad .Text 1 1", .truncate: "truncate .Text 12", .index: "index .List 0", .slice: "slice .List 1 3",
    ]

    private func number(_ value: JSONTree) throws(TemplateError) -> Int {
        guard let number = Int(Template.text(value)) else {
            throw TemplateError("'\(rawValue)' takes a whole number, not '\(Template.text(value))'")
        }
        return number
    }

    private func blanks(_ value: JSONTree) throws(TemplateError) -> String {
        let count = try number(value)
        guard (0...1000).contains(count) else { throw TemplateError("'pad' takes 0 to 1000 blanks, not \(count)") }
        return String(repeating: " ", count: count)
    }

    /// Whether `and` or `or` is answered by one of its words, whatever follows.
    func isDecided(by word: JSONTree) -> Bool {
        switch self {
        case .and: !Self.isTrue(word)
        case .or: Self.isTrue(word)
        default: false
        }
    }

    /// As Go has it: false, zero and what is empty are not.
    static func isTrue(_ value: JSONTree) -> Bool {
        switch value {
        case .null: false
        case .bool(let value): value
        case .number(let digits): (Double(digits) ?? 0) != 0
        case .text(let text): !text.isEmpty
        case .list(let elements): !elements.isEmpty
        case .object(let members): !members.isEmpty
        }
    }

    private static func isEqual(_ value: JSONTree, to others: ArraySlice<JSONTree>) throws(TemplateError) -> Bool {
        for other in others {
            if try order(value, other) == 0 { return true }
        }
        return false
    }

    private func isOrdered(_ first: JSONTree, _ second: JSONTree) throws(TemplateError) -> Bool {
        let order = try Self.order(first, second)
        switch self {
        case .lt: return order < 0
        case .le: return order <= 0
        case .gt: return order > 0
        default: return order >= 0
        }
    }

    /// Below zero, zero or above.
    private static func order(_ first: JSONTree, _ second: JSONTree) throws(TemplateError) -> Int {
        switch (first, second) {
        case (.number(let first), .number(let second)):
            // Whole numbers of 64 bits are no floating point's.
            if let first = Int64(first), let second = Int64(second) {
                return first < second ? -1 : first == second ? 0 : 1
            }
            let (first, second) = (Double(first) ?? 0, Double(second) ?? 0)
            return first < second ? -1 : first == second ? 0 : 1
        case (.text(let first), .text(let second)):
            if first.utf8.elementsEqual(second.utf8) { return 0 }
            return first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
        case (.bool(let first), .bool(let second)): return first == second ? 0 : first ? 1 : -1
        case (.null, .null): return 0
        case (.null, _), (_, .null): return 1
        default:
            throw TemplateError(
                "'\(Template.text(first))' and '\(Template.text(second))' cannot be compared: one is a number, or neither is a single value"
            )
        }
    }

    private static func title(_ text: String) -> String {
        var result = ""
        var begins = true
        for character in text {
            result += begins ? character.uppercased() : String(character)
            begins = !(character.isLetter || character.isNumber)
        }
        return result
    }

    private func slice(_ value: JSONTree, _ bounds: ArraySlice<JSONTree>) throws(TemplateError) -> JSONTree {
        var numbers: [Int] = []
        for bound in bounds { numbers.append(try number(bound)) }
        func range(_ count: Int) throws(TemplateError) -> Range<Int> {
            let (start, end) = (numbers.first ?? 0, numbers.count > 1 ? numbers[1] : count)
            guard start >= 0, start <= end, end <= count else {
                throw TemplateError("'slice' from \(start) to \(end) is outside of \(count) elements")
            }
            return start..<end
        }
        switch value {
        case .list(let elements): return .list(Array(elements[try range(elements.count)]))
        case .text(let text):
            let bytes = Array(text.utf8)
            return .text(String(decoding: bytes[try range(bytes.count)], as: UTF8.self))
        default: throw TemplateError("'slice' takes a list or a string, not '\(Template.text(value))'")
        }
    }

    private static func element(
        _ key: JSONTree, of value: JSONTree, _ shown: String
    ) throws(TemplateError) -> JSONTree {
        let word = Template.text(key)
        switch value {
        case .list(let elements):
            guard let place = Int(word), elements.indices.contains(place) else {
                throw TemplateError("\(shown) has \(elements.count) elements, none is '\(word)'")
            }
            return elements[place]
        // Go's maps answer an absent key with nothing.
        case .object, .null: return value[word] ?? .text("")
        default: throw TemplateError("\(shown) is neither a list nor a map")
        }
    }
}
