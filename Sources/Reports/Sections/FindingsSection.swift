import RunRecord

/// What the distributions hold that a median hides: second modes, drift, a slow first run, too few values.
struct FindingsSection: ReportSection {
    let id = "findings"
    let title = "What the medians hide"

    /// Rows at most; system calls alone can make hundreds.
    private static let limit = 150

    func blocks(_ reading: Reading) -> [Block] {
        let found = reading.summary.cells.flatMap { cell in cell.findings.map { (cell: cell, finding: $0) } }
        guard !found.isEmpty else { return [] }
        let shown = found.prefix(Self.limit)
        return [
            .paragraph(
                "Each cell was tested for several modes, drift over the run, dependence between neighbours and a slow first "
                    + "sample. Nothing was trimmed for it; it is said."),
            .details(
                Words.plural(found.count, "finding"),
                [
                    .table(
                        Table(
                            "Findings by cell"
                                + (shown.count < found.count
                                    ? "; the first \(shown.count), all are in summary.csv" : ""),
                            [.init("Lane"), .init("Figure"), .init("Finding")],
                            shown.map { entry in
                                [
                                    reading.lane(entry.cell.lane).map { .lane($0) } ?? Table.Value(entry.cell.lane),
                                    Table.Value(
                                        Words.metric(entry.cell.metric),
                                        detail: [entry.cell.workload, entry.cell.span].filter { !$0.isEmpty }.joined(
                                            separator: ", ")),
                                    Table.Value(entry.finding),
                                ]
                            }))
                ]),
        ]
    }
}
