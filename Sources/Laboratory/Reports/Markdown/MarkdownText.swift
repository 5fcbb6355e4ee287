import Linux

/// Markdown written so that nothing from outside can mean anything in it.
enum MarkdownText {
    static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~": result += "\\" + String(scalar)
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\n", "\r", "\t": result += " "
            case _ where scalar.isSteering: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func list(_ items: [String]) -> [String] { items.map { "- \(escape($0))" } + [""] }

    /// A fence longer than any run of backticks inside.
    static func code(_ text: String) -> [String] {
        var longest = 0
        var run = 0
        for character in text {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return [fence, text.displayable(keepingLines: true), fence, ""]
    }

    /// A pipe table of as many cells in every row as there are columns.
    static func table(_ table: Table) -> [String] {
        guard !table.columns.isEmpty else { return [] }
        var lines = ["**\(escape(table.caption))**", ""]
        lines.append(
            row(
                table.columns.map { column in
                    escape(column.title) + (column.detail.isEmpty ? "" : " (\(escape(column.detail)))")
                }))
        lines.append(row(table.columns.map { $0.numeric ? "---:" : "---" }))
        for values in table.rows {
            var cells = values.flatMap { value -> [String] in
                let text =
                    escape(value.text)
                    + (value.detail.isEmpty ? "" : " (\(escape(value.detail.replacing("\n", with: "; "))))")
                return [text] + Array(repeating: "", count: max(value.span - 1, 0))
            }
            cells += Array(repeating: "", count: max(table.columns.count - cells.count, 0))
            lines.append(row(Array(cells.prefix(table.columns.count))))
        }
        return lines + [""]
    }

    private static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
}
