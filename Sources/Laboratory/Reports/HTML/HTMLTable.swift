/// A table as HTML: caption, scoped headers, and a region of its own to scroll in where it is wide.
enum HTMLTable {
    /// - Parameter names: every value says of which column it is, for a style that lays the columns under each other.
    static func render(_ table: Table, names: Bool = false) -> Node {
        element("div", ["class": "scroll", "role": "region", "tabindex": "0", "aria-label": table.caption]) {
            element("table") {
                element("caption") { table.caption }
                element("thead") {
                    element("tr") {
                        for column in table.columns {
                            element("th", ["scope": "col", "class": column.numeric ? "n" : nil]) {
                                column.title
                                if !column.detail.isEmpty { element("small") { column.detail } }
                            }
                        }
                    }
                }
                element("tbody") {
                    for row in table.rows {
                        element("tr") { cells(row, table.columns, names: names) }
                    }
                }
            }
        }
    }

    private static func cells(_ row: [Table.Value], _ columns: [Table.Column], names: Bool) -> [Node] {
        var place = 0
        return row.enumerated().map { index, value in
            let column = place < columns.count ? columns[place] : nil
            let numeric = place < columns.count && columns[place].numeric && value.span == 1
            place += value.span
            let style = [numeric ? "n" : nil, value.style].compactMap { $0 }.joined(separator: " ")
            return element(
                index == 0 ? "th" : "td",
                [
                    "scope": index == 0 ? "row" : nil, "class": style.isEmpty ? nil : style,
                    "colspan": value.span > 1 ? String(value.span) : nil,
                    "data-of": names && index > 0
                        ? column.map { [$0.title, $0.detail].filter { !$0.isEmpty }.joined(separator: ", ") } : nil,
                ]
            ) {
                element("span", ["class": "v"]) { value.text }
                for line in value.detail.split(separator: "\n") { element("small") { String(line) } }
            }
        }
    }
}
