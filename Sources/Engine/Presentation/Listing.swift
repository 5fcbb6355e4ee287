import Glibc
package import OCI

/// A list of things of one kind, each as its fields: what `images`, `ps`, `history` print, in the form asked for.
package struct Listing: Sendable {
    /// A field that is shown as a column, and what stands above it.
    package struct Column: Sendable {
        let field: String
        let heading: String
        let width: ColumnTable.Width

        /// - Parameter width: how it gives way where a line is too long.
        package init(_ field: String, _ heading: String, _ width: ColumnTable.Width = .whole) {
            self.field = field
            self.heading = heading
            self.width = width
        }
    }

    let columns: [Column]
    /// Headings of fields that are no columns unless asked for.
    let furtherHeadings: [String: String]
    /// Fields for templates alone: maps that are told as a text elsewhere.
    let hidden: Set<String>
    /// Each an object.
    package let rows: [JSONTree]
    /// The field that `-q` prints.
    let identifier: String

    package init(
        _ columns: [Column], further: [String: String] = [:], hidden: Set<String> = [], rows: [JSONTree],
        identifier: String = "ID"
    ) {
        self.columns = columns
        self.hidden = hidden
        furtherHeadings = further
        self.rows = rows
        self.identifier = identifier
    }

    /// The lines, with the last one's end.
    ///
    /// - Parameter limit: characters of a line of a table; nil: as many as it takes.
    package func text(_ format: ListFormat, limit: Int?) throws(TemplateError) -> String {
        switch format {
        case .identifiers: return rows.map { Template.text($0[identifier] ?? .null) + "\n" }.joined()
        case .json:
            return rows.map { row in
                let shown = JSONTree.object((row.members ?? []).filter { !hidden.contains($0.name) })
                return String(decoding: JSONDocument.write(shown, indented: false), as: UTF8.self) + "\n"
            }.joined()
        case .table:
            return ColumnTable(
                headings: columns.map(\.heading), widths: columns.map(\.width),
                rows: rows.map { row in columns.map { Template.text(row[$0.field] ?? .text("")) } }
            ).text(limit: limit)
        case .lines(let template):
            // A field that is none is a mistake on a host without any, too.
            if rows.isEmpty { try template.check(against: fields) }
            var result = ""
            for row in rows { result += try template.render(row) + "\n" }
            return result
        case .templateTable(let template):
            if rows.isEmpty { try template.check(against: fields) }
            // Tabs part the columns.
            var lines: [[String]] = []
            for row in [headings] + rows {
                lines.append(
                    try template.render(row).split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
            }
            let widths = lines[0].map { _ in ColumnTable.Width.whole }
            return ColumnTable(headings: lines[0], widths: widths, rows: Array(lines.dropFirst())).text(limit: nil)
        }
    }

    /// The fields that its rows have, where there are none to look at; empty where nobody said.
    private var fields: [String] { columns.map(\.field) + furtherHeadings.keys.sorted() + hidden.sorted() }

    /// An object with each field's heading for its value.
    private var headings: JSONTree {
        var members = columns.map { JSONTree.Member($0.field, .text($0.heading)) }
        var known = Set(columns.map(\.field))
        let further = furtherHeadings.sorted { $0.key < $1.key }.map { JSONTree.Member($0.key, .text($0.value)) }
        for member in further where known.insert(member.name).inserted { members.append(member) }
        if case .object(let fields)? = rows.first {
            for field in fields where known.insert(field.name).inserted && !hidden.contains(field.name) {
                members.append(JSONTree.Member(field.name, .text(field.name.uppercased())))
            }
        }
        for name in hidden.sorted() { members.append(JSONTree.Member(name, .object([]))) }
        return .object(members)
    }
}

/// How a list is printed.
package enum ListFormat: Equatable, Sendable {
    case table
    /// An object a line.
    case json
    /// The identifiers alone (`-q`).
    case identifiers
    /// A text a thing.
    case lines(Template)
    /// `table {{.A}}\t{{.B}}`
    case templateTable(Template)

    /// - Parameters:
    ///   - text: of `--format`; nil where it is not given.
    ///   - quiet: `-q`.
    package init(_ text: String?, quiet: Bool = false) throws(TemplateError) {
        switch text {
        case nil, ""?: self = quiet ? .identifiers : .table
        case "table"?: self = .table
        case "json"?: self = .json
        case let text? where text.hasPrefix("table "): self = .templateTable(try Template(String(text.dropFirst(6))))
        case let text?:
            guard text.contains("{{") else {
                throw TemplateError("'\(text)' is not json, table, or a template like '{{.Name}}'")
            }
            self = .lines(try Template(text))
        }
    }

    /// Whether a template takes a field of the rows, which may be costly to find.
    package func asks(for field: String) -> Bool {
        switch self {
        case .table, .json, .identifiers: false
        case .lines(let template), .templateTable(let template):
            template.rootFields.contains(field)
        }
    }

    /// How many characters a line of a table may have: the terminal's; nil where it is none, whose reader wants all there is, and
    /// with `--no-trunc`.
    package static func lineLimit(noTruncation: Bool) -> Int? {
        guard !noTruncation, isatty(1) == 1 else { return nil }
        var size = winsize()
        if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 { return Int(size.ws_col) }
        return 80
    }
}
