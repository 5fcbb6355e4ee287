import RunRecord

/// What one more idle instance costs the host, and which parts explain it.
struct MemorySection: ReportSection {
    let id = "memory"
    let title = "Memory"

    private static let metrics = [
        Metric.memorySlope, Metric.memoryPSS, Metric.memoryUSS, Metric.memoryCgroup, Metric.guestTotal,
        Metric.guestAvailable, Metric.memoryKernel,
    ]

    func blocks(_ reading: Reading) -> [Block] {
        guard
            let condition = Self.metrics.flatMap({ reading.conditions($0) }).first
        else { return [.paragraph("Memory was not measured in this run.")] }
        let rows = reading.lanes.filter(\.ranked).compactMap { self.row(reading, condition, $0) }
        guard !rows.isEmpty else { return [.paragraph("Memory was not measured in this run.")] }
        var blocks: [Block] = [
            .paragraph(
                "Bytes an idle instance. The slope of the host's MemAvailable (with the free pages that each processor keeps "
                    + "for itself) over instances is what the host really loses; "
                    + "USS, the share of shared pages, what the kernel itself takes (unreclaimable slab, page tables, stacks, "
                    + "per-CPU memory, filters) and what remains unexplained add up to it. Overhead is the slope less the slope of \(reading.manifest.baseline)."
            )
        ]
        if rows.contains(where: { $0.lane.record.accelerator?.contains("TCG") == true }) {
            blocks.append(
                .note(
                    "Guests under TCG, software emulation: the translator's own code cache (JIT) is part of QEMU's pages. It "
                        + "would not be there with hardware virtualisation."))
        }
        // Guests weigh a hundred times what containers do: each group at a scale at which its parts can be seen.
        let groups: [(name: String, slug: String, kinds: [LaneKind])] = [
            ("Processes and containers", "memory-processes", [.native, .container, .peer]),
            ("Guests", "memory-guests", [.guest]),
        ]
        for group in groups {
            let own = rows.filter { group.kinds.contains($0.lane.kind) }
            guard !own.isEmpty else { continue }
            blocks.append(.heading(group.name))
            blocks.append(.figure(figure(reading, condition, group.slug, group.name, own)))
        }
        if rows.contains(where: { ($0.unexplained ?? 0) < 0 }) {
            blocks.append(
                .note(
                    "Unexplained is negative where the slope is below PSS and the kernel's own. PSS counts pages of files, the program's own and "
                        + "its libraries', which the kernel can drop and so still calls available; MemAvailable is moreover "
                        + "an estimate from per-processor counters, whose noise weighs most where few or small instances "
                        + "were alive."))
        }
        let unresolved = rows.map(\.lane).filter { lane in
            reading.cell(condition, lane.id, Metric.memorySlope)?.estimate.map {
                !Figures.isResolved($0, Metric.memorySlope)
            } ?? false
        }
        if !unresolved.isEmpty {
            blocks.append(
                .note(
                    "Not resolved in this run: the slope of \(Words.list(unresolved.map(\.name))). Its interval is not above "
                        + "zero, so the host's readings do not tell an instance from nothing; the cgroup's charge and PSS stand. "
                        + "More instances or samples (isolab bench --full) resolve it."))
        }
        if let losses = losses(reading, condition) { blocks += [.heading("Behind the slope"), .figure(losses)] }
        return blocks
    }

    private func row(_ reading: Reading, _ condition: Condition, _ lane: LaneReading) -> MemoryChart.Row? {
        let cells = Self.metrics.map { reading.cell(condition, lane.id, $0) }
        guard cells.contains(where: { $0 != nil }) else { return nil }
        let values = cells.map { $0?.estimate?.median }
        let withheld = cells.compactMap { $0 }.first { $0.estimate == nil }
        let slope = cells[0]?.estimate
        return MemoryChart.Row(
            lane: lane, uss: values[2], pss: values[1], cgroup: values[3], slope: values[0],
            slopeInterval: slope?.medianLow.flatMap { low in slope?.medianHigh.map { (low, $0) } },
            kernel: values[6], guestTotal: values[4],
            note: values.allSatisfy { $0 == nil } ? withheld.map(Figures.withheld) ?? "" : "")
    }

    private func figure(
        _ reading: Reading, _ condition: Condition, _ id: String, _ name: String, _ rows: [MemoryChart.Row]
    ) -> FigureBlock {
        let told = rows.compactMap { row in row.slope.map { "\(row.lane.name) \(Quantity.text($0, "B"))" } }
        return FigureBlock(
            id: id,
            chart: MemoryChart(
                rows: rows, title: "Memory of an idle instance: \(name.lowercased())",
                description: "Slope of MemAvailable: \(Words.list(told))."),
            caption:
                "Stacked: USS, the share of shared pages, the kernel's own, the unexplained rest. The upright mark is the slope with its "
                + "95\u{A0}% interval, ▲ the cgroup's charge"
                + (rows.contains { $0.guestTotal != nil } ? ", the outline what the guest sees (MemTotal)." : "."),
            table: table(reading, condition, rows), open: true)
    }

    /// The host's MemAvailable after each instance, where the run kept it.
    private func losses(_ reading: Reading, _ condition: Condition) -> FigureBlock? {
        var rows: [[Table.Value]] = []
        let panels = reading.lanes.filter(\.ranked).compactMap { lane -> MemoryLossChart.Panel? in
            let samples = reading.counted[condition]?[lane.id] ?? []
            var points: [(instances: Int, lost: Double)] = []
            var ends: [Double] = []
            for sample in samples {
                let readings = sample.measurements.filter { $0.metric == Metric.memoryAvailable && $0.value.isFinite }
                guard let first = readings.first(where: { $0.batch == 0 })?.value else { continue }
                let own = readings.map { ($0.batch, first - $0.value) }
                points += own.map { (instances: $0.0, lost: $0.1) }
                if let last = own.max(by: { $0.0 < $1.0 }) { ends.append(last.1) }
            }
            guard !points.isEmpty else { return nil }
            let slope = reading.cell(condition, lane.id, Metric.memorySlope)?.estimate?.median
            let panel = MemoryLossChart.Panel(lane: lane, points: points, slope: slope)
            rows.append([
                .lane(lane), Table.Value(Quantity.count(ends.count)), Table.Value(Quantity.count(panel.most)),
                Table.Value(Quantity.text(Distribution(ends).median, "B")),
                Table.Value(slope.map { Quantity.text($0, "B") } ?? "–", style: "strong"),
            ])
            return panel
        }
        guard !panels.isEmpty else { return nil }
        return FigureBlock(
            id: "memory-losses",
            chart: MemoryLossChart(
                panels: panels, title: "What the host lost of MemAvailable, by instances, a panel a lane",
                description: "Points: readings after each instance; line: the lane's median slope."),
            caption:
                "Points: what the host had lost of MemAvailable after so many idle instances, every admitted sample; below "
                + "zero it had gained. Line: the median slope. Each panel has its own scale.",
            table: Table(
                "What the host lost of MemAvailable",
                [
                    .init("Lane"), .init("n", numeric: true), .init("Instances", numeric: true),
                    .init("Lost after all, median", numeric: true), .init("Slope, median", numeric: true),
                ], rows))
    }

    private func table(_ reading: Reading, _ condition: Condition, _ rows: [MemoryChart.Row]) -> Table {
        let native = reading.cell(condition, reading.manifest.baseline, Metric.memorySlope)?.estimate?.median
        var columns: [Table.Column] = [
            .init("Lane"), .init("Slope of MemAvailable", numeric: true), .init("Overhead", numeric: true),
            .init("USS", numeric: true), .init("PSS", numeric: true), .init("Kernel's own", numeric: true),
            .init("Cgroup charge", numeric: true),
            .init("Unexplained", numeric: true),
        ]
        let guests = rows.contains { $0.guestTotal != nil }
        if guests { columns += [.init("Guest's MemTotal", numeric: true), .init("MemAvailable", numeric: true)] }
        return Table(
            "Memory of an idle instance, medians", columns,
            rows.map { row in
                if !row.note.isEmpty { return [.lane(row.lane), .reason(row.note, span: columns.count - 1)] }
                func value(_ metric: String) -> Table.Value {
                    guard let cell = reading.cell(condition, row.lane.id, metric) else { return "–" }
                    guard let estimate = cell.estimate else {
                        return Table.Value("withheld", detail: Words.unstopped(cell.withheld), style: "withheld")
                    }
                    guard Figures.isResolved(estimate, metric) else {
                        return Table.Value(
                            Figures.unresolved, detail: Figures.interval(estimate, cell.unit), style: "withheld")
                    }
                    return Table.Value(
                        Quantity.text(estimate.median, cell.unit),
                        detail: metric == Metric.memorySlope ? Figures.interval(estimate, cell.unit) : "",
                        style: metric == Metric.memorySlope ? "strong" : nil)
                }
                let overhead = row.slope.flatMap { slope in native.map { Quantity.signed(slope - $0, "B") } } ?? "–"
                let rest = row.unexplained.map { Quantity.signed($0, "B") } ?? "–"
                let doubt = reading.cell(condition, row.lane.id, Metric.memoryUnexplained)?.estimate
                var values: [Table.Value] = [
                    .lane(row.lane), value(Metric.memorySlope),
                    Table.Value(row.lane.id == reading.manifest.baseline ? "baseline" : overhead),
                    value(Metric.memoryUSS), value(Metric.memoryPSS), value(Metric.memoryKernel),
                    value(Metric.memoryCgroup),
                    Table.Value(rest, detail: doubt.map { Figures.interval($0, "B") } ?? ""),
                ]
                if guests { values += [value(Metric.guestTotal), value(Metric.guestAvailable)] }
                return values
            })
    }
}
