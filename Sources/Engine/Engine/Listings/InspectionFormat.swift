import Linux
import OCI
import Presentation

/// `--format` of the commands that inspect: JSON, a list of all, or a template, applied to each.
enum InspectionFormat {
    /// - Returns: nil for JSON.
    static func template(_ format: String?) throws -> Template? {
        switch format {
        case nil, "", "json": return nil
        case let text?:
            guard text.firstRange(of: "{{") != nil else {
                throw OptionError("--format", text, "takes json or a template like '{{.Name}}'")
            }
            return try Template(text)
        }
    }

    static func text(_ found: [JSONTree], _ template: Template?) throws -> String {
        guard let template else {
            return String(decoding: JSONTree.list(found).json(indented: true), as: UTF8.self) + "\n"
        }
        return try found.map { try template.render($0) + "\n" }.joined()
    }
}
