package import OCI

/// What `--format '{{.Repository}}:{{.Tag}}'` asks for: text with fields of a value in it, in the form of Go's templates
/// (text/template).
///
/// Fields `.Name.Name`, `.` and `$`; `{{range}}`, `{{break}}`, `{{continue}}`, `{{if}}`, `{{with}}`, `{{else}}`, `{{end}}`;
/// `{{define}}`, `{{template}}`, `{{block}}`; variables, pipes, parentheses and comments; the functions of `TemplateFunction`. `\t` and
/// `\n` outside of `{{…}}` are a tab and a new line.
package struct Template: Equatable, Sendable {
    let nodes: [TemplateNode]
    /// What `{{define}}` and `{{block}}` gave names.
    let definitions: [String: [TemplateNode]]

    package init(_ text: String) throws(TemplateError) {
        var parser = TemplateParser(try TemplateParser.parts(of: text))
        nodes = try parser.all()
        definitions = parser.definitions
    }

    /// The text for one value.
    ///
    /// - Throws: `TemplateError` for a field it does not have, which names those it has.
    package func render(_ value: JSONTree) throws(TemplateError) -> String {
        var rendering = TemplateRendering(root: value, definitions: definitions)
        try rendering.write(nodes, dot: value)
        return rendering.result
    }

    /// Makes sure that the fields it names are among some, where there is no value to look at.
    ///
    /// - Parameter known: empty: nothing is known of them.
    func check(against known: [String]) throws(TemplateError) {
        guard !known.isEmpty else { return }
        for name in rootFields where !known.contains(name) {
            throw TemplateError("there is no field '\(name)'; there are \(known.joined(separator: ", "))")
        }
    }

    /// The fields that it takes from the value as a whole.
    var rootFields: [String] {
        var search = TemplateFieldSearch(definitions: definitions)
        return search.fields(nodes, isRoot: true)
    }

    /// As Go prints values: `[a b]`, `map[a:1 b:2]`.
    static func text(_ value: JSONTree) -> String {
        switch value {
        case .null: return "<nil>"
        case .bool(let value): return value ? "true" : "false"
        case .number(let digits):
            guard Int64(digits) == nil, digits.utf8.contains(where: { ".eE".utf8.contains($0) }) else { return digits }
            return Double(digits).map(TemplateFloat.shortest) ?? digits
        case .text(let text): return text
        case .list(let elements): return "[" + elements.map(text).joined(separator: " ") + "]"
        case .object(let members):
            let isSet = isSet(members)
            let words = members.sorted { $0.name < $1.name }.map { "\($0.name):\(isSet ? "{}" : text($0.value))" }
            return "map[" + words.joined(separator: " ") + "]"
        }
    }

    /// Names whose values are all empty, such as ports that an image exposes: Go has them as a map to structures without a member,
    /// and prints `map[80/tcp:{}]`.
    static func isSet(_ members: [JSONTree.Member]) -> Bool {
        !members.isEmpty && members.allSatisfy { $0.value == .object([]) }
    }
}

/// A template that cannot be used.
package struct TemplateError: Error, Equatable, Sendable, CustomStringConvertible {
    package let problem: String

    init(_ problem: String) { self.problem = problem }

    package var description: String { "--format: \(problem)" }
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
    /// `{{template "name" .}}`: what was defined by that name, with a value of its own as `.` and `$`; nil: without one.
    case template(String, TemplatePipeline?)
    /// `{{break}}` and `{{continue}}`, of the range around them.
    case leave(TemplateFlow)
}

/// `$x := a b | c d`
struct TemplatePipeline: Equatable, Sendable {
    /// Those it gives its value to; two of a range: the key and the element.
    var variables: [String] = []
    /// `:=` rather than `=`.
    var declares = false
    var commands: [[TemplateOperand]]
}

/// How a text goes on behind a node.
enum TemplateFlow: Equatable, Sendable { case on, breaks, continues }

indirect enum TemplateOperand: Equatable, Sendable {
    /// Of the dot; empty: the dot itself.
    case field([String])
    /// `$` is the value as a whole.
    case variable(String, [String])
    case constant(JSONTree)
    case function(TemplateFunction)
    case group(TemplatePipeline, [String])
}
