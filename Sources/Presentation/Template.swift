import Linux
public import OCI

/// What `--format '{{.Repository}}:{{.Tag}}'` asks for: text with fields of a value in it, in the form of Go's templates,
/// of which it is the everyday part.
///
/// A field is `.Name`, `.Name.Name` or `.` for the whole; before it may stand `json`, `upper`, `lower`, `len`; and
/// `join .List "text"`, `index .List 0`, `index .Map "key"`. `\t` and `\n` are a tab and a new line.
public struct Template: Equatable, Sendable {
    enum Part: Equatable, Sendable {
        case text(String)
        case field(Expression)
    }

    struct Expression: Equatable, Sendable {
        var function: String?
        /// Empty: the value as a whole.
        var path: [String]
        /// The second argument of `join` and `index`.
        var argument: String?
    }

    let parts: [Part]

    private static let functions: [String: Bool] = [
        "json": false, "upper": false, "lower": false, "len": false, "join": true, "index": true,
    ]

    public init(_ text: String) throws(TemplateError) {
        var parts: [Part] = []
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{") {
            parts.append(.text(Self.unescaped(rest[..<open.lowerBound])))
            rest = rest[open.upperBound...]
            guard let close = rest.firstRange(of: "}}") else { throw TemplateError("'{{' is not closed by '}}'") }
            parts.append(.field(try Self.expression(rest[..<close.lowerBound])))
            rest = rest[close.upperBound...]
        }
        parts.append(.text(Self.unescaped(rest)))
        self.parts = parts.filter { $0 != .text("") }
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first, next == "t" || next == "n" {
                rest.removeFirst()
                result.append(next == "t" ? "\t" : "\n")
            } else {
                result.append(character)
            }
        }
        return result
    }

    private static func expression(_ text: Substring) throws(TemplateError) -> Expression {
        var words = try words(text)
        var expression = Expression(function: nil, path: [], argument: nil)
        if let first = words.first, !first.hasPrefix(".") {
            guard let takesArgument = functions[first] else {
                throw TemplateError(
                    "'\(first)' is no function; there are \(functions.keys.sorted().joined(separator: ", "))")
            }
            expression.function = first
            words.removeFirst()
            if takesArgument {
                guard words.count == 2 else { throw TemplateError("'\(first)' takes a field and one word more") }
                expression.argument = words.removeLast()
            }
        }
        guard words.count == 1, let field = words.first, field.hasPrefix(".") else {
            throw TemplateError("'{{\(text)}}' names no field, like {{.Name}}")
        }
        expression.path = field.parts(between: ".").map(String.init)
        return expression
    }

    /// Parted by blanks; a text in quotation marks is one.
    private static func words(_ text: Substring) throws(TemplateError) -> [String] {
        var words: [String] = []
        var rest = text.drop { $0 == " " }
        while let first = rest.first {
            if first == "\"" || first == "`" {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: first) else {
                    throw TemplateError("a text is not closed by \(first)")
                }
                words.append(unescaped(rest[..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let word = rest.prefix { $0 != " " }
                words.append(String(word))
                rest = rest[word.endIndex...]
            }
            rest = rest.drop { $0 == " " }
        }
        return words
    }

    /// The text for one value.
    ///
    /// - Throws: `TemplateError` for a field it does not have, which names those it has.
    public func render(_ value: JSONTree) throws(TemplateError) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .field(let expression): result += try Self.evaluate(expression, value)
            }
        }
        return result
    }

    /// Makes sure that the fields it names are among some, where there is no value to look at.
    ///
    /// - Parameter known: empty: nothing is known of them.
    func check(against known: [String]) throws(TemplateError) {
        guard !known.isEmpty else { return }
        for case .field(let expression) in parts {
            guard let name = expression.path.first, !known.contains(name) else { continue }
            throw TemplateError("there is no field '\(name)'; there are \(known.joined(separator: ", "))")
        }
    }
}

/// A template that cannot be used.
public struct TemplateError: Error, Equatable, Sendable, CustomStringConvertible {
    public let problem: String

    init(_ problem: String) { self.problem = problem }

    public var description: String { "--format: \(problem)" }
}

// MARK: - Evaluation

extension Template {
    private static func evaluate(_ expression: Expression, _ value: JSONTree) throws(TemplateError) -> String {
        var field = value
        for (index, name) in expression.path.enumerated() {
            field = try member(name, of: field, expression.path[..<index])
        }
        switch expression.function {
        case nil: return text(field)
        case "json": return String(decoding: JSONDocument.write(field, indented: false), as: UTF8.self)
        case "upper": return text(field).uppercased()
        case "lower": return text(field).lowercased()
        case "len":
            switch field {
            case .list(let elements): return "\(elements.count)"
            case .object(let members): return "\(members.count)"
            case .text(let text): return "\(text.utf8.count)"
            default: throw TemplateError("'\(path(expression.path[...]))' has no length")
            }
        case "join":
            guard case .list(let elements) = field else {
                throw TemplateError("'\(path(expression.path[...]))' is no list to join")
            }
            return elements.map(text).joined(separator: expression.argument ?? "")
        default:
            let word = expression.argument ?? ""
            switch field {
            case .list(let elements):
                guard let place = Int(word), elements.indices.contains(place) else {
                    throw TemplateError(
                        "'\(path(expression.path[...]))' has \(elements.count) elements, none is '\(word)'")
                }
                return text(elements[place])
            // Go's maps answer an absent key with nothing.
            case .object: return field[word].map(text) ?? ""
            default: throw TemplateError("'\(path(expression.path[...]))' is neither a list nor a map")
            }
        }
    }

    private static func member(
        _ name: String, of value: JSONTree, _ before: ArraySlice<String>
    ) throws(TemplateError) -> JSONTree {
        guard case .object(let members) = value else {
            throw TemplateError("'\(path(before))' has no fields, so no '\(name)'")
        }
        guard let member = members.first(where: { $0.name == name }) else {
            let known = members.map(\.name)
            throw TemplateError(
                "there is no field '\(name)'\(before.isEmpty ? "" : " in '\(path(before))'"); there are "
                    + (known.isEmpty ? "none" : known.joined(separator: ", ")))
        }
        return member.value
    }

    private static func path(_ names: ArraySlice<String>) -> String { "." + names.joined(separator: ".") }

    /// As Go prints values: `[a b]`, `map[a:1 b:2]`.
    static func text(_ value: JSONTree) -> String {
        switch value {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .number(let digits): digits
        case .text(let text): text
        case .list(let elements): "[" + elements.map(text).joined(separator: " ") + "]"
        case .object(let members):
            "map["
                + members.sorted { $0.name < $1.name }.map { "\($0.name):\(text($0.value))" }.joined(separator: " ")
                + "]"
        }
    }
}
