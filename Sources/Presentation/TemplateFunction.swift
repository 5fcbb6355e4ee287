import OCI

/// What templates can do with values: Go's own functions as far as they make sense of JSON, and docker's and podman's.
enum TemplateFunction: String, CaseIterable, Equatable, Sendable {
    case and, eq, ge, gt, index, join, json, le, len, lower, lt, ne, not, or, print, printf, println, slice, split
    case title, truncate, upper

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
        case .title: return .text(Self.title(Template.text(try one(words))))
        case .print: return .text(words.map(Template.text).joined(separator: " "))
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
                "'\(rawValue)' has \(words.count) words behind it: \(Self.usage[self] ?? "one is needed")")
        }
        return first
    }

    private static let usage: [TemplateFunction: String] = [
        .eq: "two are needed, or more", .ne: "two are needed", .lt: "two are needed", .le: "two are needed",
        .gt: "two are needed", .ge: "two are needed", .join: #"join .List ", ""#, .split: #"split .Text ",""#,
        .truncate: "truncate .Text 12", .index: "index .List 0", .slice: "slice .List 1 3",
    ]

    private func number(_ value: JSONTree) throws(TemplateError) -> Int {
        guard let number = Int(Template.text(value)) else {
            throw TemplateError("'\(rawValue)' takes a whole number, not '\(Template.text(value))'")
        }
        return number
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
        default: throw TemplateError("'slice' takes a list or a text, not '\(Template.text(value))'")
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

/// `printf`: the verbs that make sense of JSON.
enum TemplateFormat {
    static func text(_ words: [JSONTree]) throws(TemplateError) -> String {
        guard case .text(let format)? = words.first else {
            throw TemplateError(#"'printf' takes a text first: printf "%s" .Name"#)
        }
        var values = words.dropFirst()
        var result = ""
        var rest = Substring(format)
        while let character = rest.popFirst() {
            guard character == "%" else {
                result.append(character)
                continue
            }
            let flags = rest.prefix { $0 == "-" || $0 == "0" }
            rest = rest[flags.endIndex...]
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[digits.endIndex...]
            guard let verb = rest.popFirst() else { throw TemplateError("'printf': '%' is the last character") }
            if verb == "%" {
                result.append("%")
                continue
            }
            guard let value = values.popFirst() else {
                throw TemplateError("'printf': there is no value for '%\(verb)'")
            }
            var shown: String
            switch verb {
            case "s", "v", "d", "t": shown = Template.text(value)
            case "q":
                shown = String(
                    decoding: JSONDocument.write(JSONTree.text(Template.text(value)), indented: false), as: UTF8.self)
            default: throw TemplateError("'printf' knows %s, %v, %d, %t, %q and %%, not '%\(verb)'")
            }
            let width = Int(digits) ?? 0
            guard width <= 1000 else { throw TemplateError("'printf': a width of \(width) is too much") }
            if shown.count < width {
                let isNumber = if case .number = value { true } else { false }
                let fill = String(
                    repeating: flags.contains("0") && isNumber && !flags.contains("-") ? "0" : " ",
                    count: width - shown.count)
                shown = flags.contains("-") ? shown + fill : fill + shown
            }
            result += shown
        }
        return result
    }
}
