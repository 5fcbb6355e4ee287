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
    /// Ranges around what is read, which `{{break}}` can leave.
    private var ranges = 0
    /// Those that can be used where it is read.
    private var variables = ["$"]
    /// What `{{define}}` and `{{block}}` gave names.
    private(set) var definitions: [String: [TemplateNode]] = [:]
    private var used: Set<String> = []

    /// So deep that nobody means it, and shallow enough for the stack.
    private static let greatestDepth = 100

    init(_ parts: [Part]) { self.parts = parts }

    // MARK: - Nodes

    /// Everything, to its end.
    mutating func all() throws(TemplateError) -> [TemplateNode] {
        let (nodes, end) = try nodes(in: nil)
        if let end { throw TemplateError("{{\(end)}} without {{range}}, {{if}} or {{with}}") }
        if let name = used.subtracting(definitions.keys).sorted().first {
            throw TemplateError("there is no template \"\(name)\": {{define \"\(name)\"}}…{{end}} makes one")
        }
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
                case "break" where tokens.count == 1, "continue" where tokens.count == 1:
                    guard ranges > 0 else { throw TemplateError("{{\(word)}} outside of {{range}}") }
                    nodes.append(.leave(word == "break" ? .breaks : .continues))
                case "template":
                    let (name, rest) = try named(word, tokens)
                    used.insert(name)
                    nodes.append(.template(name, rest.isEmpty ? nil : try pipeline(rest)))
                case "define":
                    let (name, rest) = try named(word, tokens)
                    guard block == nil else { throw TemplateError("{{define}} must not be inside another block") }
                    guard rest.isEmpty else { throw TemplateError("{{define}} takes a name alone") }
                    try define(name, in: word)
                case "block":
                    let (name, rest) = try named(word, tokens)
                    guard !rest.isEmpty else {
                        throw TemplateError("{{block}} takes a name and a value: {{block \"a\" .}}")
                    }
                    nodes.append(.template(name, try pipeline(rest)))
                    try define(name, in: word)
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

    /// `{{define "name" …}}`: the name, and what follows it.
    private func named(_ word: String, _ tokens: [Token]) throws(TemplateError) -> (String, ArraySlice<Token>) {
        guard tokens.count > 1, case .constant(.text(let name)) = tokens[1] else {
            throw TemplateError("{{\(word)}} takes a name in quotation marks first: {{\(word) \"name\" …}}")
        }
        return (name, tokens.dropFirst(2))
    }

    /// Reads what a name stands for, up to its end: it sees nothing of what is around it.
    private mutating func define(_ name: String, in block: String) throws(TemplateError) {
        let (outerRanges, outerVariables) = (ranges, variables)
        (ranges, variables) = (0, ["$"])
        defer { (ranges, variables) = (outerRanges, outerVariables) }
        let (nodes, end) = try nodes(in: block)
        guard end == "end" else { throw TemplateError("{{\(block)}} takes no {{else}}") }
        guard definitions.updateValue(nodes, forKey: name) == nil else {
            throw TemplateError("template \"\(name)\" is defined twice")
        }
    }

    private mutating func block(_ word: String, _ tokens: ArraySlice<Token>) throws(TemplateError) -> TemplateNode {
        let outer = variables.count
        defer { variables.removeLast(variables.count - outer) }
        let pipeline = try pipeline(tokens)
        guard word == "range" || pipeline.variables.count < 2 else {
            throw TemplateError("{{\(word)}} takes one variable")
        }
        if word == "range" { ranges += 1 }
        let (body, end) = try nodes(in: word)
        if word == "range" { ranges -= 1 }
        var otherwise: [TemplateNode] = []
        if end == "else if", place < parts.count, case .action(let tokens) = parts[place] {
            // It shares the end of what it stands in.
            guard tokens[1] == .word(word), word != "range" else {
                throw TemplateError("{{else}} of a {{\(word)}} takes nothing more")
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
        guard rest.isEmpty else { throw TemplateError("')' without '('") }
        if result.commands == [[.constant(.null)]] { throw TemplateError("nil is not a value to print or test") }
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
                    throw TemplateError("':=' needs a variable before it, such as $x")
                }
                result.variables.append(name)
            }
            guard (1...2).contains(result.variables.count) else {
                throw TemplateError("':=' takes one variable or two")
            }
            result.declares = rest[place] == .sign(":=")
            rest = rest[rest.index(after: place)...]
            if !result.declares, let name = result.variables.first(where: { !variables.contains($0) }) {
                throw Self.undeclared(name)
            }
        }
        // Its own variables are known behind it.
        defer { if result.declares { variables += result.variables } }
        var command: [TemplateOperand] = []
        func finish() throws(TemplateError) {
            guard let first = command.first else { throw TemplateError("names no field, like {{.Name}}") }
            // Docker's fields that take a word: `.Label "name"`.
            if command.count == 2, case .field(let path) = first, path.last == "Label" {
                command.insert(.function(.index), at: 0)
            } else if command.count > 1 {
                guard case .function = first else {
                    throw TemplateError("'\(Self.shown(first))' is not a function, so it takes no arguments")
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
            case .variable(let name, let path):
                guard variables.contains(name) else { throw Self.undeclared(name) }
                command.append(.variable(name, path))
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

    private static func undeclared(_ name: String) -> TemplateError {
        TemplateError("there is no variable '\(name)': declare it with ':='")
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
