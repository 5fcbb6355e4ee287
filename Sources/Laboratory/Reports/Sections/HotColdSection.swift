import RunRecord

/// The same start-up under several conditions: hot, one after another; cold, after a pause, as users start them.
struct HotColdSection: ReportSection {
    let id = "conditions"
    let title = "Cold and hot"

    func blocks(_ reading: Reading) -> [Block] {
        let conditions = reading.conditions(Metric.startup).filter { $0.experiment != "harness" }
        guard let cold = conditions.first(where: { $0.workload.contains("cold") }),
            let hot = conditions.first(where: { $0 != cold })
        else { return [] }
        let lanes = reading.lanes.filter { lane in
            lane.ranked && reading.cell(hot, lane.id, Metric.startup) != nil
                && reading.cell(cold, lane.id, Metric.startup) != nil
        }
        guard !lanes.isEmpty else { return [] }
        func value(_ condition: Condition, _ lane: LaneReading) -> Double? {
            reading.cell(condition, lane.id, Metric.startup).flatMap { cell in
                cell.estimate.map { $0.median * Quantity.base(of: cell.unit) }
            }
        }
        func printed(_ condition: Condition, _ lane: LaneReading) -> [Table.Value] {
            guard let cell = reading.cell(condition, lane.id, Metric.startup) else { return ["–", "–"] }
            guard let estimate = cell.estimate else { return [.reason(Figures.withheld(cell), span: 2)] }
            return [
                Table.Value(Quantity.text(estimate.median, cell.unit), style: "strong"),
                Table.Value(Figures.interval(estimate, cell.unit)),
            ]
        }
        let chart = DumbbellChart(
            rows: lanes.map { lane in
                let hot = value(hot, lane)
                let cold = value(cold, lane)
                return DumbbellChart.Row(
                    lane: lane, first: hot, second: cold,
                    note: hot == nil && cold == nil ? "withheld under both conditions" : "")
            },
            names: (hot.workload, cold.workload), axisTitle: "launch→ready, median; logarithmic",
            title: "Start-up hot and cold, launch→ready, by lane",
            description: "Two medians a lane, joined. The table holds the figures and their intervals.")
        return [
            .paragraph(
                "Hot: one launch after another. Cold: a pause before each, as users start them. Span: launch→ready."),
            .figure(
                FigureBlock(
                    id: "conditions-chart", chart: chart, caption: "Filled: \(hot.workload). Hollow: \(cold.workload).",
                    table: Table(
                        "launch→ready by condition",
                        [
                            .init("Lane"), .init(hot.workload, numeric: true),
                            .init("95\u{A0}% interval", numeric: true),
                            .init(cold.workload, numeric: true), .init("95\u{A0}% interval", numeric: true),
                        ],
                        lanes.map { [.lane($0)] + printed(hot, $0) + printed(cold, $0) }))),
        ]
    }
}
