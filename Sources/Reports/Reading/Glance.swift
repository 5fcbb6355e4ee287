import RunRecord

/// The answer at a glance: a process, a container and a guest beside each other, in the four figures people ask for.
struct Glance {
    /// Nil where there is nothing to set beside each other.
    let table: Table?

    init(_ reading: Reading) {
        let lanes = [reading.baseline, reading.principal(.container), reading.principal(.guest)].compactMap { $0 }
            .filter { lane in reading.summary.cells.contains { $0.lane == lane.id } }
        guard !lanes.isEmpty, let primary = reading.primary else {
            table = nil
            return
        }
        let memory = reading.conditions(Metric.memorySlope).first
        let call = Self.call(reading)
        var rows: [[Table.Value]] = [
            Self.row(
                reading, lanes, primary, Metric.startup, "Start-up", "launch→ready, the workload's first byte"),
            Self.row(reading, lanes, primary, Metric.teardown, "Teardown", "exit→released, everything gone"),
        ]
        if let memory {
            rows.append(
                Self.row(
                    reading, lanes, memory, Metric.memorySlope, "Memory",
                    "of the host, for one more idle instance"))
        }
        if let call, let condition = reading.conditions(call).first {
            rows.append(
                Self.row(
                    reading, lanes, condition, call, "System call", "\(Words.metric(call)), one call in the workload"))
        }
        rows = rows.filter { row in row.dropFirst().contains { $0.style != "quiet" } }
        let head = lanes.map { lane -> Table.Column in
            let noun =
                switch lane.kind {
                case .native: "Native process"
                case .container, .peer: "Container"
                case .guest, .microGuest: "Guest"
                }
            return Table.Column(noun, detail: "lane \(lane.name)", numeric: true)
        }
        table = Table(
            "At a glance, with 95\u{A0}% intervals and verdicts against \(reading.manifest.baseline)",
            [.init("Medians")] + head, rows)
    }

    /// getpid where it was measured: the call that does nothing but enter the kernel.
    private static func call(_ reading: Reading) -> String? {
        let metrics = reading.summary.cells.map(\.metric).filter { Words.call($0) != nil }
        return metrics.first { $0 == Metric.syscallPrefix + "getpid" } ?? metrics.first
    }

    private static func row(
        _ reading: Reading, _ lanes: [Lane], _ condition: Condition, _ metric: String, _ title: String,
        _ detail: String
    ) -> [Table.Value] {
        [Table.Value(title, detail: detail)]
            + lanes.map { lane in
                guard let cell = reading.cell(condition, lane.id, metric) else {
                    return Table.Value("not measured", style: "quiet")
                }
                guard let estimate = cell.estimate else {
                    return Table.Value("withheld", detail: Words.unstopped(cell.withheld), style: "withheld")
                }
                var lines = [Figures.interval(estimate, cell.unit)]
                if let comparison = reading.comparison(of: cell), lane.id != reading.manifest.baseline {
                    lines.append(
                        "\(Words.mark(comparison.verdict)) \(comparison.verdict.word(for: metric, unit: comparison.unit))"
                    )
                }
                guard Figures.isResolved(estimate, metric) else {
                    return Table.Value(
                        Figures.unresolved, detail: "\(lines[0]): not told from nothing", style: "withheld")
                }
                return Table.Value(
                    Quantity.text(estimate.median, cell.unit), detail: lines.joined(separator: "\n"),
                    style: "big \(lane.style)")
            }
    }
}
