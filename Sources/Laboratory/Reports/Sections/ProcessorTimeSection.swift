import RunRecord

/// Wall time beside CPU time: what of a start is work and what is waiting.
struct ProcessorTimeSection: ReportSection {
    let id = "cpu"
    let title = "CPU time and waiting"

    func blocks(_ reading: Reading) -> [Block] {
        guard let condition = reading.primary else { return [] }
        let cells = reading.cells(condition, Metric.cpu).filter { $0.lane.ranked }
        guard !cells.isEmpty else { return [.paragraph("CPU time was not measured in this run.")] }
        // The wall clock's span must be that of the CPU time; a sandbox's whole life where the record names none.
        let named = cells[0].cell.span.split(separator: "→").map(String.init)
        let span = named.count == 2 ? TimeSpan(named[0], named[1]) : .life
        let rows = cells.map { entry -> (lane: LaneReading, cell: Cell, wall: Double?, cpu: Double?) in
            let wall = reading.distribution(condition, entry.lane.id, span)
            let cpu = entry.cell.estimate.map { $0.median * Quantity.base(of: entry.cell.unit) }
            return (entry.lane, entry.cell, cpu == nil || wall.isEmpty ? nil : wall.median, cpu)
        }
        let chart = DumbbellChart(
            rows: rows.map {
                DumbbellChart.Row(
                    lane: $0.lane, first: $0.wall, second: $0.cpu, note: $0.cpu == nil ? Figures.withheld($0.cell) : "")
            },
            names: ("wall time", "CPU time, all processes"), axisTitle: "\(span.description), median; logarithmic",
            title: "Wall time and CPU time, \(span.description), by lane",
            description: "Two medians a lane, joined: where CPU time is far left of wall time, the lane waits.")
        let table = Table(
            "Wall and CPU time, \(span.description), medians",
            [
                .init("Lane"), .init("Wall", numeric: true), .init("CPU", numeric: true),
                .init("95\u{A0}% interval of CPU", numeric: true), .init("CPU share of wall", numeric: true),
            ],
            rows.map { row in
                guard let estimate = row.cell.estimate else {
                    return [.lane(row.lane), .reason(Figures.withheld(row.cell), span: 4)]
                }
                let share = row.wall.flatMap { wall in row.cpu.map { "\(Quantity.fixed($0 / wall * 100, 0))\u{A0}%" } }
                return [
                    .lane(row.lane), Table.Value(row.wall.map { Quantity.text($0, "ns") } ?? "–"),
                    Table.Value(Quantity.text(estimate.median, row.cell.unit), style: "strong"),
                    Table.Value(Figures.interval(estimate, row.cell.unit)), Table.Value(share ?? "–"),
                ]
            })
        return [
            .paragraph(
                "CPU time is user and system time of every process involved, helpers and the virtual machine monitor "
                    + "included. A share under 100\u{A0}% is waiting; above it, several processors worked at once."),
            .figure(
                FigureBlock(
                    id: "cpu-chart", chart: chart,
                    caption: "Filled: wall time. Hollow: CPU time. Span: \(span.description).",
                    table: table)),
        ]
    }
}
