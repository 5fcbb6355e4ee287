import RunRecord

/// Where an idle instance's memory goes: the parts stacked, and the slope of the host's memory as the mark they must reach.
struct MemoryChart: Chart {
    struct Row: Sendable {
        var lane: LaneReading
        /// Bytes an instance.
        var uss: Double?
        var pss: Double?
        var cgroup: Double?
        var slope: Double?
        var slopeInterval: (low: Double, high: Double)?
        /// What the kernel itself takes.
        var kernel: Double?
        var guestTotal: Double?
        var note: String

        /// What the slope holds beyond every part that is known; nil where a part of processes is not.
        var unexplained: Double? {
            guard let slope, let pages = pss ?? uss else { return nil }
            return slope - pages - (kernel ?? 0)
        }
    }

    var rows: [Row]
    var title: String
    var description: String

    func draw(_ layout: ChartLayout) -> Drawing {
        var drawing = Drawing(width: layout.width)
        let left = layout.isNarrow ? 4.0 : 214.0
        let right = layout.width - (layout.isNarrow ? 70 : 96)
        let values = rows.flatMap { [$0.pss, $0.uss, $0.cgroup, $0.slope, $0.slopeInterval?.high, $0.guestTotal] }
        let scale = Scale.linear(values.compactMap { $0 }, from: left, to: right, unit: "B")
        var y = legend(on: &drawing) + 6
        let top = y
        var body = Drawing(width: layout.width)
        for row in rows {
            y = draw(row, on: &body, scale: scale, top: y, layout: layout)
        }
        drawing.height = Axis(scale: scale, unit: "B", title: "an idle instance; linear").draw(
            on: &drawing, top: top, bottom: y + 2)
        drawing.nodes += body.nodes
        return drawing
    }

    private func draw(
        _ row: Row, on drawing: inout Drawing, scale: Scale, top: Double, layout: ChartLayout
    ) -> Double {
        var bar = top + 6
        let tag = row.lane.tag ?? row.lane.record.title
        let style = row.lane.emulated ? "t tag" : "t muted"
        if layout.isNarrow {
            let name = TextMetrics.fit(row.lane.id, width: 160, size: 14)
            drawing.text(name, x: 0, y: top + 16, style: "t lane", full: row.lane.id)
            let x = TextMetrics.width(name, size: 14) * 1.1 + 10
            drawing.text(
                TextMetrics.fit(tag, width: drawing.width - x, size: 12), x: x, y: top + 16, style: style, full: tag)
            bar = top + 24
        } else {
            drawing.text(
                TextMetrics.fit(row.lane.id, width: 196, size: 14), x: 0, y: top + 15, style: "t lane",
                full: row.lane.id)
            drawing.text(TextMetrics.fit(tag, width: 200, size: 12), x: 0, y: top + 31, style: style, full: tag)
        }
        let height = 22.0
        if !row.note.isEmpty {
            drawing.text(
                TextMetrics.fit(row.note, width: drawing.width - scale.start - 4, size: 12), x: scale.start + 4,
                y: bar + 16, style: "t note", full: row.note)
            return bar + height + 14
        }
        if let total = row.guestTotal {
            drawing.rectangle(
                x: scale(0), y: bar - 3, width: scale(total) - scale(0), height: height + 6, radius: 3,
                style: "guest-view", tip: "\(row.lane.name): the guest sees \(Quantity.text(total, "B"))")
        }
        var reached = 0.0
        for part in Self.parts(row) where part.size > 0 {
            drawing.rectangle(
                x: scale(reached), y: bar, width: max(scale(reached + part.size) - scale(reached), 0.6),
                height: height, style: "bar \(part.style)",
                tip: "\(row.lane.name), \(part.name): \(Quantity.text(part.size, "B"))")
            reached += part.size
        }
        if row.lane.emulated {
            drawing.rectangle(
                x: scale(0), y: bar, width: scale(reached) - scale(0), height: height, style: "hatch-over")
        }
        if let cgroup = row.cgroup {
            let x = scale(cgroup)
            drawing.path(
                "M\(Drawing.point(x, bar + height + 1))l-4 7h8Z", style: "mark ink",
                tip: "\(row.lane.name), cgroup charge: \(Quantity.text(cgroup, "B"))")
        }
        if let slope = row.slope {
            let x = scale(max(slope, 0))
            drawing.line(x, bar - 4, x, bar + height + 4, style: "median ink")
            if let interval = row.slopeInterval {
                drawing.line(scale(max(interval.low, 0)), bar - 4, scale(interval.high), bar - 4, style: "whisker ink")
            }
            let end = [reached, slope, row.guestTotal ?? 0, row.slopeInterval?.high ?? 0].max() ?? slope
            drawing.text(Quantity.text(slope, "B"), x: scale(end) + 8, y: bar + 15, style: "t value halo")
        }
        return bar + height + 16
    }

    /// USS, then what PSS adds as its share of pages in common, then the kernel's own, then what the slope holds beyond all.
    static func parts(_ row: Row) -> [(name: String, size: Double, style: String)] {
        var parts: [(name: String, size: Double, style: String)] = []
        if let uss = row.uss { parts.append(("USS, its own pages", uss, "m-uss")) }
        if let pss = row.pss {
            parts.append(("its share of shared pages (PSS less USS)", pss - (row.uss ?? 0), "m-pss"))
        }
        if let kernel = row.kernel { parts.append(("the kernel's own", kernel, "m-kernel")) }
        if let rest = row.unexplained { parts.append(("unexplained (slope less all of these)", rest, "m-rest")) }
        return parts
    }

    private func legend(on drawing: inout Drawing) -> Double {
        let entries: [(String, String)] = [
            ("USS, its own pages", "bar m-uss"), ("share of shared pages", "bar m-pss"),
            ("the kernel's own", "bar m-kernel"), ("unexplained", "bar m-rest"), ("guest's own view", "guest-view"),
            ("▲ cgroup charge", ""),
            ("┃ slope of MemAvailable", ""),
        ]
        var x = 0.0
        var y = 12.0
        for (name, style) in entries where !(style == "guest-view" && rows.allSatisfy { $0.guestTotal == nil }) {
            let swatch = style.isEmpty ? 0 : 18.0
            let needed = swatch + TextMetrics.width(name, size: 12) + 16
            if x > 0 && x + needed > drawing.width {
                x = 0
                y += 18
            }
            if !style.isEmpty {
                drawing.rectangle(x: x, y: y - 10, width: 12, height: 12, radius: 2, style: style)
            }
            drawing.text(name, x: x + swatch, y: y, style: "t")
            x += needed
        }
        return y + 8
    }
}
