import RunRecord
import Statistics

/// How long a sandbox takes to start, by any span its events allow: every sample, the box, the curve, the table.
struct StartupSection: ReportSection {
    let id = "startup"
    let title = "Start-up"

    func blocks(_ reading: Reading) -> [Block] {
        guard let condition = reading.primary else { return [.paragraph("Start-up was not measured in this run.")] }
        let spans = reading.spans(condition)
        let panels = spans.map { span in
            Panel(name: span.description, blocks: view(reading, condition, span, lanes: reading.lanes.filter(\.ranked)))
        }
        return [
            .paragraph(
                "Condition: \(condition.name). A container and a guest are ready at the same event: the first byte that "
                    + "the workload's main sends, seen by the host's clock."),
            .panels(legend: "Span", panels),
        ]
    }

    /// Points with boxes, the distribution, and the figures, of one span.
    func view(
        _ reading: Reading, _ condition: Condition, _ span: TimeSpan, lanes: [LaneReading], name: String = "startup"
    ) -> [Block] {
        let prefix = "\(name)-\(Self.slug(span))"
        let rows = rows(reading, condition, span, lanes)
        guard !rows.isEmpty else { return [.paragraph("No lane of this kind was measured.")] }
        let strip = StripChart(
            title: "\(span.description) of every sample, by lane",
            description: Self.describe(rows, span), axisTitle: "\(span.description), logarithmic", rows: rows)
        let shown = strip.drawn
        let lacking = lanes.filter { lane in
            lane.record.available && reading.cell(condition, lane.id, Metric.startup)?.estimate != nil
                && reading.distribution(condition, lane.id, span).isEmpty
        }
        let table = table(reading, condition, span, rows)
        var blocks: [Block] = [
            .paragraph(
                Words.span(span) + "."
                    + (lacking.isEmpty
                        ? ""
                        : " Not in this view, as one of the two events is missing: \(Words.list(lacking.map(\.name))).")
            ),
            .figure(
                FigureBlock(
                    id: prefix, chart: strip,
                    caption: "\(Quantity.count(shown.shown)) of \(Quantity.count(shown.total)) points drawn"
                        + (shown.shown < shown.total ? ", every kth in order of measuring, both extremes kept" : "")
                        + ". Box: quartiles; whiskers: 5th and 95th percentile; tall mark: median, with its 95\u{A0}% interval "
                        + "as the dark bar. Hatched: emulated."
                        + (strip.hasDisturbed ? " Crosses: measured while something else disturbed the host." : ""),
                    table: table, open: true)),
        ]
        let findings = rows.flatMap { row in
            (estimate(reading, condition, row.lane, span)?.cell.findings ?? []).map { "\(row.lane.name): \($0)" }
        }
        if !findings.isEmpty { blocks += [.paragraph("What the medians hide:"), .list(findings)] }
        let series = rows.filter { !$0.distribution.isEmpty }.map { (lane: $0.lane, distribution: $0.distribution) }
        if !series.isEmpty {
            blocks.append(
                .figure(
                    FigureBlock(
                        id: prefix + "-ecdf",
                        chart: DistributionChart(
                            title: "Share of samples done within a time, \(span.description), by lane",
                            description:
                                "A step curve a lane; the mark stands at its median. The further left, the faster; "
                                + "the steeper, the steadier.",
                            axisTitle: "\(span.description), logarithmic", series: series),
                        caption:
                            "Share of samples done within a time (ECDF). A bend in a curve is a second mode. At most "
                            + "\(DistributionChart.limit) steps a curve are drawn.",
                        table: Self.quantiles(series, span, of: name))))
        }
        return blocks
    }

    private func rows(_ reading: Reading, _ condition: Condition, _ span: TimeSpan, _ lanes: [LaneReading])
        -> [StripChart.Row]
    {
        lanes.compactMap { lane in
            let cell = reading.cell(condition, lane.id, Metric.startup)
            if !lane.record.available {
                return StripChart.Row(
                    lane: lane, distribution: Distribution([]), figure: "", interval: "",
                    note: "not measured: \(lane.record.reason)")
            }
            guard let cell else { return nil }
            if cell.estimate == nil {
                return StripChart.Row(
                    lane: lane, distribution: Distribution([]), figure: "", interval: "", note: Figures.withheld(cell))
            }
            let distribution = reading.distribution(condition, lane.id, span)
            // Such a lane has nothing to say in this view; `lacking` names it.
            guard !distribution.isEmpty else { return nil }
            if let own = estimate(reading, condition, lane, span) {
                let base = Quantity.base(of: own.unit)
                let interval = own.estimate.medianLow.flatMap { low in
                    own.estimate.medianHigh.map { (low: low * base, high: $0 * base) }
                }
                return StripChart.Row(
                    lane: lane, distribution: distribution, figure: Quantity.text(own.estimate.median, own.unit),
                    interval:
                        "\(Figures.interval(own.estimate, own.unit)) · n\u{A0}\(Quantity.count(own.estimate.samples))",
                    medianInterval: interval, note: "")
            }
            let interval = distribution.medianInterval
            return StripChart.Row(
                lane: lane, distribution: distribution, figure: Quantity.text(distribution.median, "ns"),
                interval: (interval.map { Quantity.interval($0.low, $0.high, "ns") } ?? "too few for an interval")
                    + " · n\u{A0}\(Quantity.count(distribution.count))",
                medianInterval: interval, note: "")
        }
    }

    /// The summary's own estimate, where it holds one for that span.
    private func estimate(
        _ reading: Reading, _ condition: Condition, _ lane: LaneReading, _ span: TimeSpan
    ) -> (estimate: Estimate, unit: String, cell: Cell)? {
        let metric = span == .startup ? Metric.startup : span == .teardown ? Metric.teardown : ""
        guard let cell = reading.cell(condition, lane.id, metric), let estimate = cell.estimate else { return nil }
        return (estimate, cell.unit, cell)
    }

    private func table(
        _ reading: Reading, _ condition: Condition, _ span: TimeSpan, _ rows: [StripChart.Row]
    ) -> Table {
        let summarised = span == .startup || span == .teardown
        let columns: [Table.Column] = [
            .init("Lane"), .init("n", numeric: true), .init("Median", numeric: true),
            .init("95\u{A0}% interval", numeric: true), .init("Least", numeric: true), .init("p95", numeric: true),
            .init("p99", numeric: true), .init("Against \(reading.manifest.baseline)"),
        ]
        let values = rows.map { row -> [Table.Value] in
            guard row.note.isEmpty else {
                return [.lane(row.lane), .reason(row.note, span: columns.count - 1)]
            }
            if let own = estimate(reading, condition, row.lane, span) {
                return [
                    .lane(row.lane),
                    Table.Value(Figures.admitted(own.cell)),
                    Table.Value(Quantity.text(own.estimate.median, own.unit), style: "strong"),
                    Table.Value(Figures.interval(own.estimate, own.unit)),
                    Table.Value(Quantity.text(own.estimate.minimum, own.unit)),
                    Table.Value(Quantity.text(own.estimate.p95, own.unit)),
                    Table.Value(own.estimate.p99.map { Quantity.text($0, own.unit) } ?? "n\u{A0}<\u{A0}200"),
                    VerdictSection.value(reading, own.cell),
                ]
            }
            let distribution = row.distribution
            return [
                .lane(row.lane), Table.Value(Quantity.count(distribution.count)),
                Table.Value(row.figure, style: "strong"),
                Table.Value(
                    distribution.medianInterval.map { Quantity.interval($0.low, $0.high, "ns") }
                        ?? "too few for an interval"),
                Table.Value(Quantity.text(distribution.quantile(0), "ns")),
                Table.Value(Quantity.text(distribution.quantile(0.95), "ns")),
                Table.Value(
                    distribution.count >= 200 ? Quantity.text(distribution.quantile(0.99), "ns") : "n\u{A0}<\u{A0}200"),
                Table.Value("not tested", style: "quiet"),
            ]
        }
        return Table(
            "\(span.description) by lane"
                + (summarised ? "" : "; not tested, since the summary tests the default spans only"),
            columns, values)
    }

    private static func quantiles(
        _ series: [(lane: LaneReading, distribution: Distribution)], _ span: TimeSpan, of name: String
    ) -> Table {
        let shares = [0.05, 0.25, 0.5, 0.75, 0.95]
        return Table(
            "\(span.description)\(name == "micro" ? ", micro-guests" : ""): the time within which a share of samples was done",
            [.init("Lane")] + shares.map { .init("\(Int(within: $0 * 100))\u{A0}%", numeric: true) }
                + [.init("all", numeric: true)],
            series.map { entry in
                [.lane(entry.lane)]
                    + (shares + [1]).map { Table.Value(Quantity.text(entry.distribution.quantile($0), "ns")) }
            })
    }

    private static func describe(_ rows: [StripChart.Row], _ span: TimeSpan) -> String {
        let told = rows.filter { $0.note.isEmpty }.map { "\($0.lane.name) \($0.figure)" }
        return "Median \(span.description): \(Words.list(told)). The table holds the figures."
    }

    static func slug(_ span: TimeSpan) -> String {
        String(
            (span.from + "-" + span.to).lowercased().unicodeScalars.map { scalar in
                ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
            })
    }
}
