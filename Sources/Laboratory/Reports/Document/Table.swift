/// A table as a value: written as HTML, Markdown or terminal text by their writers.
struct Table: Sendable {
    struct Column: Sendable {
        var title: String
        /// Smaller, under the title.
        var detail: String
        var numeric: Bool

        init(_ title: String, detail: String = "", numeric: Bool = false) {
            self.title = title
            self.detail = detail
            self.numeric = numeric
        }
    }

    struct Value: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        var text: String
        /// Smaller, under the text; may hold several lines.
        var detail: String
        /// A class that says what the value is: `withheld`, `verdict-slower`.
        var style: String?
        /// How many columns it takes.
        var span: Int

        init(_ text: String, detail: String = "", style: String? = nil, span: Int = 1) {
            self.text = text
            self.detail = detail
            self.style = style
            self.span = span
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    /// What the table holds, span included.
    var caption: String
    var columns: [Column]
    /// The first value of a row names it.
    var rows: [[Value]]

    init(_ caption: String, _ columns: [Column], _ rows: [[Value]]) {
        self.caption = caption
        self.columns = columns
        self.rows = rows
    }
}

extension Table.Value {
    /// A lane's name with the label that must stand beside its figures.
    static func lane(_ lane: LaneReading) -> Self { Self(lane.id, detail: lane.tag ?? "", style: "lane \(lane.style)") }

    /// A reason instead of figures, over the rest of the row.
    static func reason(_ reason: String, span: Int) -> Self { Self(reason, style: "withheld", span: span) }
}
