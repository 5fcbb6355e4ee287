import RunRecord

/// Every comparison with the baseline as a word, with the shift, its interval and the run's noise floor.
struct VerdictSection: ReportSection {
    let id = "verdicts"
    let title = "Verdicts"

    func blocks(_ reading: Reading) -> [Block] {
        guard !reading.summary.comparisons.isEmpty else {
            return [.paragraph("Nothing was compared: no cell beside the baseline's could be admitted.")]
        }
        var blocks: [Block] = [
            .paragraph(
                "Each lane against \(reading.manifest.baseline). ▲ slower, or more, ▼ faster, or less, = the same within "
                    + "the floor, ? undecided. A verdict needs the shift's 95\u{A0}% interval to clear the noise floor and the "
                    + "test to agree; the ratio stands beside it, never instead of it.")
        ]
        for group in groups(reading) { blocks.append(.table(table(reading, group))) }
        return blocks
    }

    /// Comparisons that share a table: metrics of one condition, system calls apart.
    private struct Group {
        var condition: Condition
        var metrics: [(metric: String, span: String)]
        var calls: Bool
    }

    private func groups(_ reading: Reading) -> [Group] {
        var groups: [Group] = []
        for comparison in reading.summary.comparisons
        // The whole life is start-up, the workload and teardown again; the record keeps it.
        where comparison.span != Span.life.description || comparison.metric == Metric.cpu {
            let condition = Condition(experiment: comparison.experiment, workload: comparison.workload)
            let calls = Words.call(comparison.metric) != nil
            let metric = (metric: comparison.metric, span: comparison.span)
            if let index = groups.firstIndex(where: { $0.condition == condition && $0.calls == calls }) {
                if !groups[index].metrics.contains(where: { $0 == metric }) { groups[index].metrics.append(metric) }
            } else {
                groups.append(Group(condition: condition, metrics: [metric], calls: calls))
            }
        }
        return groups
    }

    /// Lanes down, metrics across; for system calls, calls down and lanes across.
    private func table(_ reading: Reading, _ group: Group) -> Table {
        let lanes = reading.lanes.filter { lane in
            lane.id != reading.manifest.baseline
                && (!lane.record.available
                    || reading.summary.cells.contains {
                        $0.lane == lane.id && $0.experiment == group.condition.experiment
                            && $0.workload == group.condition.workload
                    })
        }
        func verdict(_ lane: Lane, _ metric: (metric: String, span: String)) -> Table.Value {
            guard lane.record.available else {
                return Table.Value("not measured", detail: lane.record.reason, style: "withheld")
            }
            guard let cell = reading.cell(group.condition, lane.id, metric.metric, span: metric.span) else {
                return Table.Value("–", style: "quiet")
            }
            return Self.value(reading, cell)
        }
        func floor(_ metric: (metric: String, span: String)) -> String {
            reading.floor(group.condition, metric.metric).map { Quantity.text($0.value, $0.unit) } ?? "none"
        }
        if group.calls {
            let measured = lanes.filter(\.record.available)
            return Table(
                "Verdicts, \(group.condition.name), a call",
                [.init("Call"), .init("Noise floor", numeric: true)]
                    + measured.map { .init($0.id, detail: $0.tag ?? "") },
                group.metrics.map { metric in
                    [Table.Value(Words.metric(metric.metric)), Table.Value(floor(metric))]
                        + measured.map { verdict($0, metric) }
                })
        }
        let head = group.metrics.map { metric in
            Table.Column(Words.metric(metric.metric), detail: metric.span)
        }
        let floors = [Table.Value("noise floor", style: "quiet")] + group.metrics.map { Table.Value(floor($0)) }
        return Table(
            "Verdicts, \(group.condition.name)", [.init("Lane")] + head,
            [floors]
                + lanes.map { lane in
                    guard lane.record.available else {
                        return [
                            .lane(lane),
                            .reason("not measured: \(lane.record.reason)", span: group.metrics.count),
                        ]
                    }
                    return [.lane(lane)] + group.metrics.map { verdict(lane, $0) }
                })
    }

    /// A cell's verdict against the baseline as a table prints it.
    static func value(_ reading: Reading, _ cell: Cell) -> Table.Value {
        if cell.lane == reading.manifest.baseline { return Table.Value("baseline", style: "quiet") }
        guard cell.estimate != nil else { return Table.Value(Figures.withheld(cell), style: "withheld") }
        if reading.lane(cell.lane)?.ranked == false {
            return Table.Value("not ranked", detail: "another workload", style: "quiet")
        }
        guard let comparison = reading.comparison(of: cell) else { return Table.Value("not compared", style: "quiet") }
        var detail = Figures.shift(comparison)
        let ratio = reading.ratio(comparison)
        if !ratio.isEmpty && comparison.verdict != .undecided { detail += "\n\(ratio)" }
        if comparison.verdict == .undecided && !comparison.reason.isEmpty {
            detail += "\n\(Words.unstopped(comparison.reason))"
        }
        let style =
            switch comparison.verdict {
            case .slower: "verdict slower"
            case .faster: "verdict faster"
            case .same: "verdict same"
            case .undecided: "verdict undecided"
            }
        return Table.Value(
            "\(Words.mark(comparison.verdict)) \(Words.verdict(comparison.verdict, comparison.metric, comparison.unit))",
            detail: detail, style: style)
    }
}
