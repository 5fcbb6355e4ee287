public import OCI

/// What `--format '{{.Repository}}:{{.Tag}}'` asks for: text with fields of a value in it, in the form of Go's templates
/// (text/template), of which it is the everyday part.
///
/// Fields `.Name.Name`, `.` and `$`; `{{range}}`, `{{if}}`, `{{with}}`, `{{else}}`, `{{end}}`; variables, pipes, parentheses and
/// comments; the functions of `TemplateFunction`. `\t` and `\n` outside of `{{…}}` are a tab and a new line.
public struct Template: Equatable, Sendable {
    let nodes: [TemplateNode]

    public init(_ text: String) throws(TemplateError) {
        var parser = TemplateParser(try TemplateParser.parts(of: text))
        nodes = try parser.all()
    }

    /// The text for one value.
    ///
    /// - Throws: `TemplateError` for a field it does not have, which names those it has.
    public func render(_ value: JSONTree) throws(TemplateError) -> String {
        var rendering = TemplateRendering(root: value)
        try rendering.write(nodes, dot: value)
        return rendering.result
    }

    /// Makes sure that the fields it names are among some, where there is no value to look at.
    ///
    /// - Parameter known: empty: nothing is known of them.
    func check(against known: [String]) throws(TemplateError) {
        guard !known.isEmpty else { return }
        for name in TemplateNode.rootFields(nodes) where !known.contains(name) {
            throw TemplateError("there is no field '\(name)'; there are \(known.joined(separator: ", "))")
        }
    }

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

/// A template that cannot be used.
public struct TemplateError: Error, Equatable, Sendable, CustomStringConvertible {
    public let problem: String

    init(_ problem: String) { self.problem = problem }

    public var description: String { "--format: \(problem)" }
}

/// A part of a template.
indirect enum TemplateNode: Equatable, Sendable {
    case text(String)
    case output(TemplatePipeline)
    /// `{{range}}`: once for each element, or what stands after `{{else}}` where there is none.
    case range(TemplatePipeline, [TemplateNode], otherwise: [TemplateNode])
    case condition(TemplatePipeline, [TemplateNode], otherwise: [TemplateNode])
    /// `{{with}}`: a condition whose value is the dot inside.
    case with(TemplatePipeline, [TemplateNode], otherwise: [TemplateNode])

    /// The fields that it takes from the value as a whole.
    static func rootFields(_ nodes: [TemplateNode], isRoot: Bool = true) -> [String] {
        nodes.flatMap { node in
            switch node {
            case .text: return [String]()
            case .output(let pipeline): return pipeline.rootFields(isRoot: isRoot)
            case .condition(let pipeline, let body, let otherwise):
                return pipeline.rootFields(isRoot: isRoot) + rootFields(body, isRoot: isRoot)
                    + rootFields(otherwise, isRoot: isRoot)
            case .range(let pipeline, let body, let otherwise), .with(let pipeline, let body, let otherwise):
                return pipeline.rootFields(isRoot: isRoot) + rootFields(body, isRoot: false)
                    + rootFields(otherwise, isRoot: isRoot)
            }
        }
    }
}

/// `$x := a b | c d`
struct TemplatePipeline: Equatable, Sendable {
    /// Those it gives its value to; two of a range: the key and the element.
    var variables: [String] = []
    /// `:=` rather than `=`.
    var declares = false
    var commands: [[TemplateOperand]]

    func rootFields(isRoot: Bool) -> [String] {
        commands.joined().flatMap { operand in
            switch operand {
            case .field(let path): return isRoot ? Array(path.prefix(1)) : []
            case .variable("$", let path): return Array(path.prefix(1))
            case .group(let pipeline, _): return pipeline.rootFields(isRoot: isRoot)
            case .variable, .constant, .function: return [String]()
            }
        }
    }
}

indirect enum TemplateOperand: Equatable, Sendable {
    /// Of the dot; empty: the dot itself.
    case field([String])
    /// `$` is the value as a whole.
    case variable(String, [String])
    case constant(JSONTree)
    case function(TemplateFunction)
    case group(TemplatePipeline, [String])
}
