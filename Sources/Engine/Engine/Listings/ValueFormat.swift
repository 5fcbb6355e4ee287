import OCI
import Presentation

/// `--format` of the commands that show one value: JSON in one line, a template, or lines for people.
enum ValueFormat {
    case lines
    case json
    case template(Template)

    init(_ format: String?) throws(TemplateError) {
        switch format {
        case nil, "": self = .lines
        case "json": self = .json
        case let text?: self = .template(try Template(text))
        }
    }

    /// - Parameter lines: of the value, for people.
    func text(of value: JSONTree, _ lines: (JSONTree) -> String) throws(TemplateError) -> String {
        switch self {
        case .lines: lines(value)
        case .json: String(decoding: value.json(), as: UTF8.self) + "\n"
        case .template(let template): try template.render(value) + "\n"
        }
    }
}
