/// A list of things that work, work partly or are missing: what `isolab doctor` and `isolab lanes` print.
package enum TerminalListing {
    package enum Mark: Sendable {
        case works
        case limited
        case missing
    }

    package struct Row: Sendable {
        package var mark: Mark
        package var name: String
        /// One sentence: what was found.
        package var detail: String
        /// The command that would enable it; empty where nothing is missing.
        package var remedy: String

        package init(_ mark: Mark, _ name: String, _ detail: String, remedy: String = "") {
            self.mark = mark
            self.name = name
            self.detail = detail
            self.remedy = remedy
        }
    }

    /// One row a line, long details wrapped under themselves. A remedy is broken only where it does not fit a line, so that it can be
    /// copied.
    ///
    /// - Parameter width: columns of the terminal; nil: a program reads it, and nothing is broken.
    package static func render(_ rows: [Row], width: Int?, colour: Bool = false) -> String {
        let text = TerminalText(width: width.map { max($0, 40) } ?? .max, colour: colour)
        let column = min(rows.map { TerminalText.columns($0.name) }.max() ?? 0, 24) + 4
        var lines: [String] = []
        for row in rows {
            let (sign, style) = sign(row.mark)
            let name = TerminalText.clean(row.name)
            var details = text.wrap(row.detail, indent: column, first: column)
            // A name too long for its column keeps a line of its own.
            if TerminalText.columns(name) + 3 <= column, let first = details.first {
                details[0] = TerminalText.pad(name, column - 2) + first.dropFirst(column)
            } else {
                details.insert(name, at: 0)
            }
            lines.append(text.styled(sign, style) + " " + details[0])
            lines += details.dropFirst()
            lines += remedy(row.remedy, column, text)
        }
        return lines.joined(separator: "\n")
    }

    /// Where it does not fit beneath the details it begins further to the left.
    private static func remedy(_ remedy: String, _ column: Int, _ text: TerminalText) -> [String] {
        guard !remedy.isEmpty else { return [] }
        let words = "→ " + TerminalText.clean(remedy)
        let column = column + TerminalText.columns(words) <= text.width ? column : 4
        let indent = String(repeating: " ", count: column)
        return text.wrap(words, indent: column + 2, first: column).map {
            indent + text.styled(String($0.dropFirst(column)), .cyan)
        }
    }

    private static func sign(_ mark: Mark) -> (String, TerminalText.Style) {
        switch mark {
        case .works: ("✓", .green)
        case .limited: ("~", .yellow)
        case .missing: ("✗", .red)
        }
    }
}
