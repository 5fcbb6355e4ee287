import RunRecord

/// What a system call costs in each lane, from the cheapest to the dearest natively.
struct SystemCallSection: ReportSection {
    let id = "system-calls"
    let title = "System calls"

    func blocks(_ reading: Reading) -> [Block] {
        let cells = reading.summary.cells.filter { Words.call($0.metric) != nil }
        guard !cells.isEmpty else { return [.paragraph("System calls were not measured in this run.")] }
        let lanes = reading.lanes.filter { lane in lane.ranked && cells.contains { $0.lane == lane.id } }
        let native = Dictionary(
            cells.filter { $0.lane == reading.manifest.baseline }.compactMap { cell in
                cell.estimate.map { (cell.metric, $0.median) }
            }, uniquingKeysWith: { first, _ in first })
        var metrics: [String] = []
        for cell in cells where !metrics.contains(cell.metric) { metrics.append(cell.metric) }
        metrics.sort { (native[$0] ?? .infinity, $0) < (native[$1] ?? .infinity, $1) }
        func cell(_ metric: String, _ lane: LaneReading) -> Cell? {
            cells.first { $0.metric == metric && $0.lane == lane.id }
        }

        let rungs = metrics.map { metric in
            LadderChart.Rung(
                name: Words.metric(metric),
                marks: lanes.compactMap { lane in
                    guard let cell = cell(metric, lane), let estimate = cell.estimate else { return nil }
                    let base = Quantity.base(of: cell.unit)
                    return (
                        lane, estimate.median * base, (estimate.medianLow ?? estimate.median) * base,
                        (estimate.medianHigh ?? estimate.median) * base
                    )
                })
        }
        let table = Table(
            "A call's median by lane, with its 95\u{A0}% interval",
            [.init("Call")] + lanes.map { .init($0.id, detail: $0.tag ?? "", numeric: true) },
            metrics.map { metric in
                [Table.Value(Words.metric(metric))]
                    + lanes.map { lane in
                        guard let cell = cell(metric, lane) else { return Table.Value("–", style: "quiet") }
                        guard let estimate = cell.estimate else {
                            return Table.Value("withheld", detail: Words.unstopped(cell.withheld), style: "withheld")
                        }
                        return Table.Value(
                            Quantity.text(estimate.median, cell.unit), detail: Figures.interval(estimate, cell.unit))
                    }
            })
        return [
            .paragraph(
                "The time of one call, timed inside the workload over batches, the clock's own cost subtracted. "
                    + (lanes.contains { $0.kind == .guest }
                        ? "A guest's calls are served by the guest's own kernel. " : "")
                    + Self.prices(reading).joined(separator: " ")),
            .figure(
                FigureBlock(
                    id: "ladder",
                    chart: LadderChart(
                        rungs: rungs, lanes: lanes, title: "System calls, time a call, by lane",
                        description: "\(Words.plural(rungs.count, "call")), sorted by native cost; a mark a lane."),
                    caption:
                        "Mark: median over samples; line: its 95\u{A0}% interval, often narrower than the mark. Calls sorted by "
                        + "what they cost natively.",
                    table: table)),
        ]
    }

    /// What single things cost, over all calls: counted by verdict, never assumed.
    private static func prices(_ reading: Reading) -> [String] {
        var groups: [(lane: String, reference: String, title: String, own: [Comparison])] = []
        for comparison in reading.contrasts where Words.call(comparison.metric) != nil {
            if let place = groups.firstIndex(where: {
                $0.lane == comparison.lane && $0.reference == comparison.baseline
            }) {
                groups[place].own.append(comparison)
            } else {
                groups.append((comparison.lane, comparison.baseline, comparison.title, [comparison]))
            }
        }
        return groups.map { group in
            func count(_ verdict: Verdict) -> Int { group.own.count { $0.verdict == verdict } }
            var parts: [String] = []
            let dearer = group.own.filter { $0.verdict == .slower }
            if let most = dearer.max(by: { $0.shift < $1.shift }) {
                parts.append(
                    "\(dearer.count) dearer, \(Words.metric(most.metric)) the most (\(Figures.shift(most)))")
            }
            if count(.faster) > 0 { parts.append("\(count(.faster)) cheaper") }
            if count(.same) > 0 { parts.append("\(count(.same)) the same") }
            if count(.undecided) > 0 { parts.append("\(count(.undecided)) undecided") }
            let name = group.title.isEmpty ? group.lane : group.title
            return "\(name.prefix(1).uppercased() + name.dropFirst()) (\(group.lane) against \(group.reference)), of "
                + "\(Words.plural(group.own.count, "call")): \(Words.list(parts))."
        }
    }
}
