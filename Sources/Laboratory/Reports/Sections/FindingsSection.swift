import RunRecord

/// What the distributions hold that a median hides: second modes, drift, a slow first run, too few values.
struct FindingsSection: ReportSection {
    let id = "findings"
    let title = "What the medians hide"

    /// How many are told before one has to unfold them.
    private static let told = 3
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
            .list(
                Self.weightiest(found, reading.primary).map { entry in
                    let cell = entry.cell
                    let name = reading.lane(cell.lane)?.name ?? cell.lane
                    let figure = Words.metric(cell.metric) + (cell.span.isEmpty ? "" : " \(cell.span)")
                    return "\(name), \(figure), \(cell.workload): \(entry.finding)"
                }),
            .details(
                found.count > Self.told ? "All \(Words.plural(found.count, "finding"))" : "As a table",
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

    /// Those a reader should know first: of the leading condition, the headline figures, and modes before all else.
    private static func weightiest(
        _ found: [(cell: Cell, finding: String)], _ primary: Condition?
    ) -> [(cell: Cell, finding: String)] {
        func weight(_ entry: (cell: Cell, finding: String)) -> Int {
            let cell = entry.cell
            let condition = Condition(experiment: cell.experiment, workload: cell.workload)
            let headline = [Metric.startup, Metric.teardown, Metric.cpu].contains(cell.metric)
            let few = entry.finding.hasSuffix("too few for an interval.")
            return (few ? 8 : 0) + (headline ? 0 : 4) + (entry.finding.contains("modes:") ? 0 : 2)
                + (condition == primary ? 0 : 1)
        }
        let order = found.indices.sorted { (weight(found[$0]), $0) < (weight(found[$1]), $1) }
        return order.prefix(told).map { found[$0] }
    }
}
