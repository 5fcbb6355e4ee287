import Linux
import OCI

/// Reads templates: first into texts and actions, then those into a tree.
struct TemplateParser {
    enum Part: Equatable {
        case text(String)
        case action([Token])
    }

    enum Token: Equatable {
        /// `.A.B`; `.` alone is empty.
        case field([String])
        /// `$x.A`
        case variable(String, [String])
        case constant(JSONTree)
        case word(String)
        /// `(`, `)`, `|`, `,`, `:=`, `=`
        case sign(String)
    }

    private let parts: [Part]
    private var place = 0
    private var depth = 0

    /// So deep that nobody means it, and shallow enough for the stack.
    private static let greatestDepth = 100

    init(_ parts: [Part]) { self.parts = parts }

    // MARK: - Parts

    /// The texts and actions of a template; blanks beside `{{-` and `-}}` are left out.
    static func parts(of text: String) throws(TemplateError) -> [Part] {
        var parts: [Part] = []
        var rest = Substring(text)
        var trims = false
        func add(_ text: Substring, trimsEnd: Bool) {
            var text = trims ? text.drop(while: \.isWhitespace) : text
            if trimsEnd { while text.last?.isWhitespace == true { text.removeLast() } }
            if !text.isEmpty { parts.append(.text(unescaped(text))) }
        }
        while let open = rest.firstRange(of: "{{") {
            let before = rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            let trimsBefore = rest.hasPrefix("- ")
            if trimsBefore { rest = rest.dropFirst() }
            add(before, trimsEnd: trimsBefore)
            trims = false
            var tokens: [Token] = []
            let start = rest
            while true {
                rest = rest.drop(while: \.isWhitespace)
                if rest.hasPrefix("-}}") {
                    trims = true
                    rest = rest.dropFirst(3)
                    break
                }
                if rest.hasPrefix("}}") {
                    rest = rest.dropFirst(2)
                    break
                }
                guard !rest.isEmpty else { throw TemplateError("'{{' is not closed by '}}'") }
                if rest.hasPrefix("/*") {
                    guard let end = rest.firstRange(of: "*/") else { throw TemplateError("a comment is not closed") }
                    rest = rest[end.upperBound...]
                    tokens.append(.word("/*"))
                    continue
                }
                tokens.append(try token(&rest))
            }
            if tokens == [.word("/*")] { continue }
            guard !tokens.isEmpty, !tokens.contains(.word("/*")) else {
                let shown = start.prefix(start.count - rest.count).replacing("}}", with: "")
                throw TemplateError("'{{\(shown)}}' names no field, like {{.Name}}")
            }
            parts.append(.action(tokens))
        }
        add(rest, trimsEnd: false)
        return parts
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

    private static func isNamePart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private static func token(_ rest: inout Substring) throws(TemplateError) -> Token {
        guard let first = rest.first else { throw TemplateError("'{{' is not closed by '}}'") }
        switch first {
        case "\"", "`": return .constant(.text(try quoted(&rest, first)))
        case "(", ")", "|", ",", "=":
            rest.removeFirst()
            return .sign(String(first))
        case ":":
            guard rest.hasPrefix(":=") else { throw TemplateError("':' stands alone") }
            rest = rest.dropFirst(2)
            return .sign(":=")
        case ".": return .field(path(&rest))
        case "$":
            rest.removeFirst()
            let name = rest.prefix(while: isNamePart)
            rest = rest[name.endIndex...]
            return .variable("$" + name, path(&rest))
        default:
            let word = rest.prefix { isNamePart($0) || $0 == "-" || $0 == "+" }
            guard !word.isEmpty else { throw TemplateError("'\(first)' has no meaning here") }
            rest = rest[word.endIndex...]
            switch word {
            case "true", "false": return .constant(.bool(word == "true"))
            case "nil": return .constant(.null)
            default: break
            }
            if let number = Int64(word) { return .constant(.number(number)) }
            return .word(String(word))
        }
    }

    /// `.A.B`: the names after each point.
    private static func path(_ rest: inout Substring) -> [String] {
        var names: [String] = []
        while rest.first == "." {
            let name = rest.dropFirst().prefix { isNamePart($0) || $0 == "-" }
            // `.Name -}}`: the dash is the action's.
            let own = name.hasSuffix("-") && rest[name.endIndex...].hasPrefix("}}") ? name.dropLast() : name
            rest = rest[own.endIndex...]
            if own.isEmpty { break }
            names.append(String(own))
        }
        return names
    }

    private static func quoted(_ rest: inout Substring, _ mark: Character) throws(TemplateError) -> String {
        rest.removeFirst()
        var result = ""
        while let character = rest.popFirst() {
            if character == mark { return result }
            guard character == "\\", mark == "\"" else {
                result.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": result.append("\n")
            case "t": result.append("\t")
            case "r": result.append("\r")
            case "\"": result.append("\"")
            case "\\": result.append("\\")
            case let other:
                throw TemplateError("a text has '\\\(other.map(String.init) ?? "")', which is not an escape")
            }
        }
        throw TemplateError("a text is not closed by \(mark)")
    }

    // MARK: - Nodes

    /// Everything, to its end.
    mutating func all() throws(TemplateError) -> [TemplateNode] {
        let (nodes, end) = try nodes(in: nil)
        if let end { throw TemplateError("{{\(end)}} stands without {{range}}, {{if}} or {{with}}") }
        return nodes
    }

    /// The nodes until `{{end}}` or `{{else}}` of the block they are in, and which of both it was.
    private mutating func nodes(in block: String?) throws(TemplateError) -> ([TemplateNode], end: String?) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.greatestDepth else { throw TemplateError("it is nested too deep") }
        var nodes: [TemplateNode] = []
        while place < parts.count {
            let part = parts[place]
            place += 1
            switch part {
            case .text(let text): nodes.append(.text(text))
            case .action(let tokens):
                guard case .word(let word)? = tokens.first else {
                    nodes.append(.output(try pipeline(tokens[...])))
                    continue
                }
                switch word {
                case "range", "if", "with": nodes.append(try self.block(word, tokens.dropFirst()))
                case "end" where tokens.count == 1: return (nodes, "end")
                case "else":
                    // What follows `else` is read by whoever called.
                    if tokens.count > 1 { place -= 1 }
                    return (nodes, tokens.count > 1 ? "else if" : "else")
                default: nodes.append(.output(try pipeline(tokens[...])))
                }
            }
        }
        if let block { throw TemplateError("{{\(block)}} has no {{end}}") }
        return (nodes, nil)
    }

    private mutating func block(_ word: String, _ tokens: ArraySlice<Token>) throws(TemplateError) -> TemplateNode {
        let pipeline = try pipeline(tokens)
        guard word == "range" || pipeline.variables.count < 2 else {
            throw TemplateError("{{\(word)}} takes one variable")
        }
        let (body, end) = try nodes(in: word)
        var otherwise: [TemplateNode] = []
        if end == "else if", place < parts.count, case .action(let tokens) = parts[place] {
            // It shares the end of what it stands in.
            guard tokens[1] == .word(word), word != "range" else {
                throw TemplateError("behind {{else}} of a {{\(word)}} stands nothing else")
            }
            place += 1
            otherwise = [try block(word, tokens.dropFirst(2))]
        } else if end == "else" {
            let (nodes, end) = try nodes(in: word)
            guard end == "end" else { throw TemplateError("{{\(word)}} has two {{else}}") }
            otherwise = nodes
        }
        switch word {
        case "range": return .range(pipeline, body, otherwise: otherwise)
        case "if": return .condition(pipeline, body, otherwise: otherwise)
        default: return .with(pipeline, body, otherwise: otherwise)
        }
    }

    // MARK: - Pipelines

    private mutating func pipeline(_ tokens: ArraySlice<Token>) throws(TemplateError) -> TemplatePipeline {
        var rest = tokens
        let result = try pipeline(&rest)
        guard rest.isEmpty else { throw TemplateError("')' stands without '('") }
        return result
    }

    /// Up to the end, or the parenthesis that closes it.
    private mutating func pipeline(_ rest: inout ArraySlice<Token>) throws(TemplateError) -> TemplatePipeline {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.greatestDepth else { throw TemplateError("it is nested too deep") }
        var result = TemplatePipeline(commands: [])
        if let place = rest.firstIndex(where: { $0 == .sign(":=") || $0 == .sign("=") }) {
            for token in rest[..<place] where token != .sign(",") {
                guard case .variable(let name, let path) = token, name != "$", path.isEmpty else {
                    throw TemplateError("before ':=' stands a variable, like $x")
                }
                result.variables.append(name)
            }
            guard (1...2).contains(result.variables.count) else {
                throw TemplateError("':=' takes one variable or two")
            }
            result.declares = rest[place] == .sign(":=")
            rest = rest[rest.index(after: place)...]
        }
        var command: [TemplateOperand] = []
        func finish() throws(TemplateError) {
            guard let first = command.first else { throw TemplateError("names no field, like {{.Name}}") }
            if command.count > 1 {
                guard case .function = first else {
                    throw TemplateError("only a function takes words behind it: '\(Self.shown(first))' is none")
                }
            }
            result.commands.append(command)
            command = []
        }
        while let token = rest.first {
            if token == .sign(")") { break }
            rest = rest.dropFirst()
            switch token {
            case .field(let path):
                // `(…).Name`
                if case .group(let inner, let own)? = command.last, own.isEmpty, !path.isEmpty {
                    command[command.count - 1] = .group(inner, path)
                } else {
                    command.append(.field(path))
                }
            case .variable(let name, let path): command.append(.variable(name, path))
            case .constant(let value): command.append(.constant(value))
            case .word(let word):
                guard let function = TemplateFunction(rawValue: word) else {
                    throw TemplateError(
                        "'\(word)' is not a function; there are "
                            + TemplateFunction.allCases.map(\.rawValue).joined(separator: ", "))
                }
                command.append(.function(function))
            case .sign("|"): try finish()
            case .sign("("):
                let inner = try pipeline(&rest)
                guard rest.first == .sign(")") else { throw TemplateError("'(' is not closed by ')'") }
                rest = rest.dropFirst()
                command.append(.group(inner, []))
            case .sign(let sign): throw TemplateError("'\(sign)' has no meaning here")
            }
        }
        try finish()
        return result
    }

    private static func shown(_ operand: TemplateOperand) -> String {
        switch operand {
        case .field(let path): "." + path.joined(separator: ".")
        case .variable(let name, let path): ([name] + path).joined(separator: ".")
        case .constant(let value): Template.text(value)
        case .function(let function): function.rawValue
        case .group: "(…)"
        }
    }
}
