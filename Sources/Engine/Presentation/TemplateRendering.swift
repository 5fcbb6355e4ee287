import OCI

/// A template while it is filled in.
struct TemplateRendering {
    /// `$`
    private var root: JSONTree
    private let definitions: [String: [TemplateNode]]
    private var variables: [(name: String, value: JSONTree)] = []
    /// In a template that was given no value, `.` and `$` have none.
    private var lacksValue = false
    private(set) var result = ""
    private var depth = 0

    /// Of blocks in blocks and templates in templates; shallow enough for the stack.
    private static let greatestDepth = 250

    init(root: JSONTree, definitions: [String: [TemplateNode]]) {
        self.root = root
        self.definitions = definitions
    }

    /// - Returns: how the range around them goes on.
    @discardableResult
    mutating func write(_ nodes: [TemplateNode], dot: JSONTree) throws(TemplateError) -> TemplateFlow {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.greatestDepth else { throw TemplateError("its templates are nested too deep") }
        // What is declared in a block ends with it.
        let outer = variables.count
        defer { variables.removeLast(variables.count - outer) }
        for node in nodes {
            switch node {
            case .text(let text): result += text
            case .output(let pipeline):
                let value = try value(of: pipeline, dot)
                if pipeline.variables.isEmpty {
                    result += value.map(Template.text) ?? Self.absent
                } else {
                    try give(value ?? .null, to: pipeline)
                }
            case .condition(let pipeline, let body, let otherwise):
                let flow = try writeIf(pipeline, dot, body, otherwise) { _ in dot }
                guard flow == .on else { return flow }
            case .with(let pipeline, let body, let otherwise):
                let flow = try writeIf(pipeline, dot, body, otherwise) { $0 }
                guard flow == .on else { return flow }
            case .range(let pipeline, let body, let otherwise):
                let flow = try writeRange(pipeline, dot, body, otherwise)
                guard flow == .on else { return flow }
            case .template(let name, let pipeline):
                var passed: JSONTree?
                if let pipeline { passed = try value(of: pipeline, dot) ?? .null }
                try writeTemplate(name, passed)
            case .leave(let flow): return flow
            }
        }
        return .on
    }

    /// It sees its value only.
    private mutating func writeTemplate(_ name: String, _ value: JSONTree?) throws(TemplateError) {
        guard let nodes = definitions[name] else { throw TemplateError("there is no template \"\(name)\"") }
        let (outerRoot, outerVariables, outerLack) = (root, variables, lacksValue)
        (root, variables, lacksValue) = (value ?? .null, [], value == nil)
        defer { (root, variables, lacksValue) = (outerRoot, outerVariables, outerLack) }
        try write(nodes, dot: root)
    }

    private mutating func writeIf(
        _ pipeline: TemplatePipeline, _ dot: JSONTree, _ body: [TemplateNode], _ otherwise: [TemplateNode],
        inside: (JSONTree) -> JSONTree
    ) throws(TemplateError) -> TemplateFlow {
        let outer = variables.count
        defer { variables.removeLast(variables.count - outer) }
        let value = try value(of: pipeline, dot) ?? .null
        if !pipeline.variables.isEmpty { try give(value, to: pipeline) }
        return TemplateFunction.isTrue(value) ? try write(body, dot: inside(value)) : try write(otherwise, dot: dot)
    }

    private mutating func writeRange(
        _ pipeline: TemplatePipeline, _ dot: JSONTree, _ body: [TemplateNode], _ otherwise: [TemplateNode]
    ) throws(TemplateError) -> TemplateFlow {
        let value = try value(of: pipeline, dot) ?? .null
        let elements: [(key: JSONTree, element: JSONTree)]
        switch value {
        case .list(let list): elements = list.enumerated().map { (.number($0.offset), $0.element) }
        // As Go has it: maps in the order of their keys.
        case .object(let members):
            elements = members.sorted { $0.name < $1.name }.map { (.text($0.name), $0.value) }
        // Go counts up to a number.
        case .number(let digits) where Int(digits) != nil && pipeline.variables.count < 2:
            guard let count = Int(digits), count <= 1_000_000 else {
                throw TemplateError("{{range}} counts to 1000000 at most, not to \(digits)")
            }
            elements = (0..<max(0, count)).map { (.number($0), .number($0)) }
        case .null: elements = []
        default: throw TemplateError("{{range}} takes a list or a map; '\(Template.text(value))' is neither")
        }
        if elements.isEmpty { return try write(otherwise, dot: dot) }
        for (key, element) in elements {
            let outer = variables.count
            defer { variables.removeLast(variables.count - outer) }
            switch pipeline.variables.count {
            case 1: variables.append((pipeline.variables[0], element))
            case 2:
                variables.append((pipeline.variables[0], key))
                variables.append((pipeline.variables[1], element))
            default: break
            }
            if try write(body, dot: element) == .breaks { break }
        }
        return .on
    }

    private mutating func give(_ value: JSONTree, to pipeline: TemplatePipeline) throws(TemplateError) {
        guard let name = pipeline.variables.first, pipeline.variables.count == 1 else {
            throw TemplateError("only {{range}} takes two variables")
        }
        if pipeline.declares { return variables.append((name, value)) }
        guard let place = variables.lastIndex(where: { $0.name == name }) else {
            throw TemplateError("there is no variable '\(name)': declare it with ':='")
        }
        variables[place].value = value
    }

    // MARK: - Values

    /// What is printed where a map has no such key, as Go has it.
    private static let absent = "<no value>"

    /// - Returns: nil for a key that a map does not have.
    private func value(of pipeline: TemplatePipeline, _ dot: JSONTree) throws(TemplateError) -> JSONTree? {
        var piped: JSONTree?
        for (index, command) in pipeline.commands.enumerated() {
            piped = try value(of: command, dot, piped: index == 0 ? nil : piped ?? .null)
        }
        return piped
    }

    /// - Parameter piped: what stands before a `|`: the last of a function's words.
    private func value(
        of command: [TemplateOperand], _ dot: JSONTree, piped: JSONTree?
    ) throws(TemplateError) -> JSONTree? {
        guard case .function(let function)? = command.first else {
            guard piped == nil, let operand = command.first else {
                throw TemplateError("only a function can follow '|'")
            }
            return try value(of: operand, dot)
        }
        var words: [JSONTree] = []
        var name: String?
        for operand in command.dropFirst() {
            if name == nil, case .field(let path) = operand { name = Self.shown(path[...]) }
            words.append(try value(of: operand, dot) ?? .null)
            // What decides is the last that is looked at.
            if let word = words.last, function.isDecided(by: word) { return word }
        }
        if let piped { words.append(piped) }
        return try function.value(of: words, called: name)
    }

    private func value(of operand: TemplateOperand, _ dot: JSONTree) throws(TemplateError) -> JSONTree? {
        switch operand {
        case .field([]) where lacksValue && dot == .null, .variable("$", []) where lacksValue: return nil
        case .field(let path): return try Self.member(path, of: dot)
        case .variable("$", let path): return try Self.member(path, of: root)
        case .variable(let name, let path):
            guard let value = variables.last(where: { $0.name == name })?.value else {
                throw TemplateError("there is no variable '\(name)'")
            }
            return try Self.member(path, of: value)
        case .constant(let value): return value
        case .function(let function): return try function.value(of: [], called: nil)
        case .group(let pipeline, let path):
            guard let value = try value(of: pipeline, dot) else { return nil }
            return try Self.member(path, of: value)
        }
    }

    /// Objects whose names are the user's: one that is not among them has no value, and is no mistake.
    private static let maps: Set<String> = [
        "Annotations", "Attributes", "ExposedPorts", "Labels", "Networks", "Options", "Ports", "Sysctls", "Tmpfs",
        "Volumes",
        "annotations", "sysctl",
    ]

    private static func member(_ path: [String], of value: JSONTree) throws(TemplateError) -> JSONTree? {
        var value = value
        for (index, name) in path.enumerated() {
            let before = path[..<index]
            let isMap = before.last.map(maps.contains) ?? false
            guard case .object(let members) = value else {
                if isMap, value == .null { return nil }
                throw TemplateError("'\(shown(before))' has no fields, so no '\(name)'")
            }
            if let member = members.first(where: { $0.name == name }) {
                value = member.value
            } else if isMap {
                return nil
            } else {
                let known = members.map(\.name)
                throw TemplateError(
                    "there is no field '\(name)'\(before.isEmpty ? "" : " in '\(shown(before))'"); there are "
                        + (known.isEmpty ? "none" : known.joined(separator: ", ")))
            }
        }
        return value
    }

    private static func shown(_ names: ArraySlice<String>) -> String { "." + names.joined(separator: ".") }
}
