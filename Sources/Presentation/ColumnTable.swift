import Linux

/// Rows under a line of headings, columns two or more blanks apart.
struct ColumnTable {
    /// How a column gives way where a line is too long.
    enum Width: Sendable {
        /// As wide as its widest cell.
        case whole
        /// Cut at its end, down to a few characters.
        case cut
        /// The same, where the others have given all they can.
        case cutLast
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
        if let limit {
            var excess = columns.reduce(0, +) + Self.gap * (columns.count - 1) - limit
            for width in [Width.cut, .cutLast] {
                // The widest gives first.
                while excess > 0,
                    let widest = columns.indices.filter({ widths[$0] == width && columns[$0] > Self.least })
                        .max(by: { columns[$0] < columns[$1] })
                {
                    columns[widest] -= 1
                    excess -= 1
                }
            }
        }
        return ([headings] + rows).map { line($0, columns) + "\n" }.joined()
    }

    private func line(_ cells: [String], _ columns: [Int]) -> String {
        var result = ""
        for (index, cell) in cells.enumerated() {
            let (cell, width) = (cell.displayable(), columns[index])
            let shown = cell.count > width ? cell.prefix(width - 1) + "…" : cell[...]
            result += shown
            if index < cells.count - 1 { result += String(repeating: " ", count: width - shown.count + Self.gap) }
        }
        while result.last == " " { result.removeLast() }
        return result
    }
}
