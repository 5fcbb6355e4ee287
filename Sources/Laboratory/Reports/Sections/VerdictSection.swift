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
                "Each lane against \(reading.manifest.baseline). ▲ slower, or more, ▼ faster, or less: the corrected test says so "
                    + "and the shift's 95\u{A0}% interval excludes zero. = the same: the whole interval lies within the margin "
                    + "declared beforehand. ? undecided: neither; \"seen from\" is the least difference that these blocks show in four of five "
                    + "runs. The ratio stands beside the verdict, never instead of it.")
        ]
        if reading.manifest.margins == nil {
            blocks.append(
                .note(
                    "This run declared no margin from which on a difference matters, so nothing in it is called the same."
                ))
        }
        for group in groups(reading) { blocks.append(.table(table(reading, group))) }
        if !reading.contrasts.isEmpty {
            blocks += [
                .heading("What single things cost"),
                .paragraph(
                    "Lanes that differ in one thing, and isolab's container against other runtimes: tested and corrected together "
                        + "with the comparisons above."),
            ]
            blocks += contrasts(reading).map { .table($0) }
        }
        return blocks
    }

    /// A table a condition: pairs of lanes down, figures across. System calls are counted in their own section.
    private func contrasts(_ reading: Reading) -> [Table] {
        let shown = reading.contrasts.filter {
            Words.call($0.metric) == nil && Self.isTold($0) && $0.metric != Metric.memoryUSS
        }
        var conditions: [Condition] = []
        for comparison in shown where !conditions.contains(comparison.condition) {
            conditions.append(comparison.condition)
        }
        return conditions.map { condition in
            let own = shown.filter { $0.condition == condition }
            var metrics: [(metric: String, span: String)] = []
            var pairs: [(lane: String, reference: String, title: String)] = []
            for comparison in own {
                let metric = (metric: comparison.metric, span: comparison.span)
                if !metrics.contains(where: { $0 == metric }) { metrics.append(metric) }
                let pair = (lane: comparison.lane, reference: comparison.baseline, title: comparison.title)
                if !pairs.contains(where: { $0 == pair }) { pairs.append(pair) }
            }
            return Table(
                "Declared contrasts, \(condition.name)",
                [.init("What")] + metrics.map { .init(Words.metric($0.metric), detail: $0.span) },
                pairs.map { pair in
                    let tag = reading.lane(pair.lane)?.tag.map { "; \($0)" } ?? ""
                    let name = pair.title.isEmpty ? "\(pair.lane) or \(pair.reference)" : pair.title
                    return [Table.Value(name, detail: "\(pair.lane) less \(pair.reference)\(tag)")]
                        + metrics.map { metric in
                            let found = own.first {
                                $0.lane == pair.lane && $0.baseline == pair.reference && $0.metric == metric.metric
                                    && $0.span == metric.span
                            }
                            return found.map { Self.value(reading, $0) } ?? Table.Value("–", style: "quiet")
                        }
                })
        }
    }

    /// Whether a figure has a place here. The whole life is start-up, the workload and teardown again, and the kernel's own memory
    /// is told as one: the record keeps all of them.
    private static func isTold(_ comparison: Comparison) -> Bool {
        (comparison.span != TimeSpan.life.description || comparison.metric == Metric.cpu) && comparison.metric != "life"
            && !comparison.metric.hasPrefix(Metric.memoryKernel + ".")
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
        where comparison.baseline == reading.manifest.baseline && Self.isTold(comparison) {
            let condition = comparison.condition
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
        func verdict(_ lane: LaneReading, _ metric: (metric: String, span: String)) -> Table.Value {
            guard lane.record.available else {
                return Table.Value("not measured", detail: lane.record.reason, style: "withheld")
            }
            guard let cell = reading.cell(group.condition, lane.id, metric.metric, span: metric.span) else {
                return Table.Value("–", style: "quiet")
            }
            return Self.value(reading, cell)
        }
        func margin(_ metric: (metric: String, span: String)) -> String {
            reading.summary.comparisons.first {
                $0.metric == metric.metric && $0.span == metric.span && $0.experiment == group.condition.experiment
                    && $0.workload == group.condition.workload && $0.baseline == reading.manifest.baseline
            }.flatMap { found in found.margin.map { Quantity.text($0, found.unit) } } ?? "none declared"
        }
        if group.calls {
            let measured = lanes.filter(\.record.available)
            return Table(
                "Verdicts, \(group.condition.name), a call",
                [.init("Call"), .init("Margin", numeric: true)]
                    + measured.map { .init($0.id, detail: $0.tag ?? "") },
                group.metrics.map { metric in
                    [Table.Value(Words.metric(metric.metric)), Table.Value(margin(metric))]
                        + measured.map { verdict($0, metric) }
                })
        }
        let head = group.metrics.map { metric in
            Table.Column(Words.metric(metric.metric), detail: metric.span)
        }
        let margins =
            [Table.Value("margin", detail: "declared beforehand", style: "quiet")]
            + group.metrics.map { Table.Value(margin($0)) }
        return Table(
            "Verdicts, \(group.condition.name)", [.init("Lane")] + head,
            [margins]
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
        return value(reading, comparison, floor: cell.floor)
    }

    /// A comparison's verdict with all that belongs beside it.
    static func value(_ reading: Reading, _ comparison: Comparison, floor: NoiseFloor? = nil) -> Table.Value {
        var lines = [Figures.shift(comparison)]
        let ratio = reading.ratio(comparison)
        if !ratio.isEmpty { lines.append(ratio) }
        if comparison.isWithinMargin { lines.append("within the margin") }
        if comparison.isSmall { lines.append("within the margin, whatever it is") }
        // That an interval reaches beyond the margin is what undecided means; any other reason is said.
        if !comparison.reason.isEmpty, comparison.reason != Verdict.beyondMargin {
            lines.append(Words.unstopped(comparison.reason))
        }
        if let power = ContrastText.seen(comparison) { lines.append(power) }
        if let floor {
            lines.append(
                "noise floor \(Quantity.text(floor.bound, comparison.unit)) "
                    + Quantity.signedInterval(floor.low, floor.high, comparison.unit))
        }
        let style =
            switch comparison.verdict {
            case .slower: "verdict slower"
            case .faster: "verdict faster"
            case .same: "verdict same"
            case .undecided: "verdict undecided"
            }
        return Table.Value(
            "\(Words.mark(comparison.verdict)) \(comparison.word)", detail: lines.joined(separator: "\n"), style: style)
    }
}
