import RunRecord

/// Every sample as a point, and a box under it, a row a lane, on a logarithmic clock.
struct StripChart: Chart {
    struct Row: Sendable {
        var lane: LaneReading
        /// Nanoseconds; empty where nothing may be shown.
        var distribution: Distribution
        /// The median and its interval as the table prints them.
        var figure: String
        var interval: String
        /// The interval of the median in nanoseconds, drawn on the box.
        var medianInterval: (low: Double, high: Double)?
        /// Why there is nothing to show.
        var note: String
    }

    var title: String
    var description: String
    var axisTitle: String
    var rows: [Row]
    /// Points a lane at most.
    static let limit = 400

    /// How many of the points are drawn, for the caption.
    var drawn: (shown: Int, total: Int) {
        rows.reduce((0, 0)) { ($0.0 + min($1.distribution.count, Self.limit), $0.1 + $1.distribution.count) }
    }

    /// Whether any of the points is of a disturbed block, for the caption.
    var hasDisturbed: Bool { rows.contains { $0.distribution.disturbed.contains(true) } }

    func draw(_ layout: ChartLayout) -> Drawing {
        var drawing = Drawing(width: layout.width)
        let left = layout.isNarrow ? 6.0 : 214.0
        let right = layout.isNarrow ? layout.width - 8 : layout.width - 170
        let scale = Scale.logarithmic(
            rows.flatMap { [$0.distribution.sorted.first, $0.distribution.sorted.last].compactMap { $0 } },
            from: left, to: right)
        var y = 4.0
        var kind: LaneKind?
        var body = Drawing(width: layout.width)
        for row in rows {
            if row.lane.kind != kind {
                kind = row.lane.kind
                y += kind == rows.first?.lane.kind ? 10 : 16
                let heading = Words.kind(row.lane.kind)
                // Capitals that are spaced out take a tenth more.
                body.text(
                    TextMetrics.fit(heading.uppercased(), width: layout.width / 1.1, size: 11.5), x: 0, y: y,
                    style: "t group", full: heading)
                y += 8
            }
            y =
                layout.isNarrow
                ? drawNarrow(row, on: &body, scale: scale, top: y) : drawWide(row, on: &body, scale: scale, top: y)
        }
        let axis = Axis(scale: scale, unit: "ns", title: axisTitle)
        drawing.height = axis.draw(on: &drawing, top: 6, bottom: y + 4)
        drawing.nodes += body.nodes
        return drawing
    }

    private func drawWide(_ row: Row, on drawing: inout Drawing, scale: Scale, top: Double) -> Double {
        let height = 46.0
        drawing.text(
            TextMetrics.fit(row.lane.id, width: 176, size: 14), x: 24, y: top + 20, style: "t lane", full: row.lane.id)
        drawing.mark(row.lane, x: 10, y: top + 15.5)
        let under = row.lane.tag ?? row.lane.record.title
        drawing.text(
            TextMetrics.fit(under, width: 180, size: 12), x: 24, y: top + 35,
            style: row.lane.emulated ? "t tag" : "t muted", full: under)
        if !row.note.isEmpty {
            drawing.text(
                TextMetrics.fit(row.note, width: drawing.width - scale.start - 12, size: 12.5), x: scale.start + 8,
                y: top + 27, style: "t note", full: row.note)
            return top + height
        }
        drawing.text(row.figure, x: scale.end + 16, y: top + 20, style: "t figure")
        drawing.text(row.interval, x: scale.end + 16, y: top + 35, style: "t muted")
        drawPoints(row, on: &drawing, scale: scale, top: top + 5, band: 17)
        drawBox(row, on: &drawing, scale: scale, centre: top + 32)
        return top + height
    }

    private func drawNarrow(_ row: Row, on drawing: inout Drawing, scale: Scale, top: Double) -> Double {
        let figureWidth = TextMetrics.width(row.figure, size: 14)
        drawing.mark(row.lane, x: 8, y: top + 13)
        drawing.text(
            TextMetrics.fit(row.lane.id, width: drawing.width - figureWidth - 40, size: 14), x: 20, y: top + 18,
            style: "t lane", full: row.lane.id)
        let under = row.lane.tag ?? row.lane.record.title
        let room = drawing.width - 24 - TextMetrics.width(row.interval, size: 12) - 12
        if !row.note.isEmpty {
            drawing.text(
                TextMetrics.fit(row.note, width: drawing.width - 24, size: 12), x: 20, y: top + 35, style: "t note",
                full: row.note)
            return top + 48
        }
        drawing.text(
            TextMetrics.fit(under, width: room, size: 12), x: 20, y: top + 34,
            style: row.lane.emulated ? "t tag" : "t muted", full: under)
        drawing.text(row.figure, x: drawing.width, y: top + 18, style: "t figure", anchor: .end)
        drawing.text(row.interval, x: drawing.width, y: top + 34, style: "t muted", anchor: .end)
        drawPoints(row, on: &drawing, scale: scale, top: top + 42, band: 14)
        drawBox(row, on: &drawing, scale: scale, centre: top + 65)
        return top + 78
    }

    /// Of a disturbed block: a cross instead of a dot.
    private func drawPoints(_ row: Row, on drawing: inout Drawing, scale: Scale, top: Double, band: Double) {
        var dots = ""
        var crosses = ""
        for (index, place) in row.distribution.thinned(to: Self.limit).enumerated() {
            // The golden ratio spreads the points evenly over the band, the same way every time.
            let turn = Double(index) * 0.618_033_988_75
            let y = top + (turn - turn.rounded(.down)) * band
            let x = scale(row.distribution.values[place])
            if row.distribution.disturbed[place] {
                crosses += "M\(Drawing.point(x - 2.2, y - 2.2))l4.4 4.4m-4.4 0l4.4-4.4"
            } else {
                dots += "M\(Drawing.point(x, y))h0"
            }
        }
        if !dots.isEmpty { drawing.path(dots, style: "points \(row.lane.style)") }
        if !crosses.isEmpty { drawing.path(crosses, style: "points disturbed \(row.lane.style)") }
    }

    /// Quartiles as the box, 5th and 95th percentile as whiskers, the median with its interval as the thick mark.
    private func drawBox(_ row: Row, on drawing: inout Drawing, scale: Scale, centre: Double) {
        let d = row.distribution
        guard !d.isEmpty else { return }
        let q1 = scale(d.quantile(0.25))
        let q3 = scale(d.quantile(0.75))
        let whiskers = (scale(d.quantile(0.05)), scale(d.quantile(0.95)))
        drawing.line(whiskers.0, centre, whiskers.1, centre, style: "whisker \(row.lane.style)")
        for x in [whiskers.0, whiskers.1] {
            drawing.line(x, centre - 3, x, centre + 3, style: "whisker \(row.lane.style)")
        }
        let tip =
            "\(row.lane.name): median \(Quantity.text(d.median, "ns")), quartiles "
            + "\(Quantity.interval(d.quantile(0.25), d.quantile(0.75), "ns")), 5th to 95th percentile "
            + "\(Quantity.interval(d.quantile(0.05), d.quantile(0.95), "ns")), n = \(Quantity.count(d.count))"
        drawing.rectangle(
            x: q1 - 0.5, y: centre - 5.5, width: max(q3 - q1, 1) + 1, height: 11, radius: 2,
            style: "box \(row.lane.style)\(row.lane.emulated ? " hatched" : "")", tip: tip)
        if let interval = row.medianInterval {
            drawing.rectangle(
                x: scale(interval.low), y: centre - 1.5, width: max(scale(interval.high) - scale(interval.low), 0.5),
                height: 3, style: "interval \(row.lane.style)")
        }
        let x = scale(d.median)
        drawing.line(x, centre - 8, x, centre + 8, style: "median \(row.lane.style)")
    }
}
