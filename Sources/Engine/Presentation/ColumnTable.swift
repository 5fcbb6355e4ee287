import Linux

/// Rows under a line of headings, columns two or more blanks apart.
package struct ColumnTable {
    /// How a column gives way where a line is too long.
    package enum Width: Sendable {
        /// As wide as its widest cell.
        case whole
        /// Cut at its end, down to a few characters.
        case cut
        /// The same, where the others have given all they can.
        case cutLast
        /// Made narrower, too, but no cell is cut: one that is wider keeps the line to itself, and the row goes on below it.
        case kept
        /// On a line of its own below the row, where the row has anything there.
        case below
    }

    static let gap = 2
    /// What is left of a column that is cut.
    static let least = 8

    var headings: [String]
    var widths: [Width]
    var rows: [[String]]

    /// - Parameter limit: characters of a line; nil: as many as it takes.
    func text(limit: Int?) -> String {
        var columns = headings.indices.map { column in
            rows.reduce(headings[column].count) { max($0, column < $1.count ? $1[column].count : 0) }
        }
        var below: Set<Int> = []
        if let limit {
            var excess = columns.reduce(0, +) + Self.gap * (columns.count - 1) - limit
            for column in columns.indices where excess > 0 && widths[column] == .below {
                below.insert(column)
                excess -= columns[column] + Self.gap
            }
            for givers in [[Width.cut, .kept], [.cutLast]] {
                // The widest gives first.
                while excess > 0,
                    let widest = columns.indices.filter({
                        givers.contains(widths[$0]) && columns[$0] > max(Self.least, headings[$0].count)
                    })
                    .max(by: { columns[$0] < columns[$1] })
                {
                    columns[widest] -= 1
                    excess -= 1
                }
            }
        }
        // What no row has needs no heading either.
        let told = below.sorted().filter { column in rows.contains { column < $0.count && !$0[column].isEmpty } }
        return ([headings] + rows).map { cells in
            lines(cells, columns, below, told, limit).map { $0 + "\n" }.joined()
        }.joined()
    }

    /// - Parameters:
    ///   - below: columns that are not in the line.
    ///   - told: those of them that have a line.
    private func lines(
        _ cells: [String], _ columns: [Int], _ below: Set<Int>, _ told: [Int], _ limit: Int?
    ) -> [String] {
        var lines = [""]
        // Where the next column begins.
        var (place, next) = (0, 0)
        for (index, cell) in cells.enumerated() where !below.contains(index) {
            let (cell, width) = (cell.displayable(), columns[index])
            let isCut = cell.count > width && widths[index] != .kept
            let shown = isCut ? cell.prefix(width - 1) + "…" : cell[...]
            // In a later column, it may have to have a line of its own.
            if shown.count > width, place > 0, place + shown.count > limit ?? .max {
                lines.append("")
                place = Self.gap
            }
            let line = lines[lines.count - 1]
            lines[lines.count - 1] = line + String(repeating: " ", count: max(0, place - line.count)) + shown
            next += width + Self.gap
            place = next
            if shown.count > width, index < cells.count - 1 { lines.append("") }
        }
        lines += told.filter { $0 < cells.count && !cells[$0].isEmpty }.map {
            String(repeating: " ", count: Self.gap) + cells[$0].displayable()
        }
        return lines.map { line in
            var line = line
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
