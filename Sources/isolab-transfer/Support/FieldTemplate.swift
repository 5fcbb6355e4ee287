import ArgumentParser
import OCI

/// Text with fields in it, after Go's templates: `{{.Digest}}`, `{{.Config.config.Env}}`; `\n` and `\t` as there.
struct FieldTemplate: ExpressibleByArgument, Equatable {
    enum Part: Equatable {
        case text(String)
        /// The names from the root; empty: the whole.
        case field([String])
    }

    let parts: [Part]

    init?(argument: String) {
        var parts: [Part] = []
        var rest = argument.replacing("\\n", with: "\n").replacing("\\t", with: "\t")[...]
        while let open = rest.firstRange(of: "{{") {
            if open.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<open.lowerBound]))) }
            let inside = rest[open.upperBound...]
            guard let close = inside.firstRange(of: "}}") else { return nil }
            var path = inside[..<close.lowerBound].filter { $0 != " " }
            if path.hasPrefix("json.") { path.removeFirst("json".count) }
            guard path.hasPrefix(".") else { return nil }
            parts.append(.field(path.dropFirst().split(separator: ".").map { String($0) }))
            rest = inside[close.upperBound...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    /// Strings stand for themselves, everything else as JSON; what is not there is `<no value>`, as with Go.
    func filled(from tree: JSONTree) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .field(let path): Self.text(path.reduce(tree) { $0?[$1] })
            }
        }.joined()
    }

    private static func text(_ value: JSONTree?) -> String {
        guard let value else { return "<no value>" }
        return value.string ?? String(decoding: value.json(), as: UTF8.self)
    }
}
