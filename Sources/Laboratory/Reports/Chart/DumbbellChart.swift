import RunRecord

/// Two readings of one lane joined by a line: wall and CPU time, hot and cold.
struct DumbbellChart: Chart {
    struct Row: Sendable {
        var lane: LaneReading
        /// Nanoseconds.
        var first: Double?
        var second: Double?
        var note: String
    }

    var rows: [Row]
    /// The names of the filled and the hollow mark.
    var names: (first: String, second: String)
    var axisTitle: String
    var title: String
    var description: String

    func draw(_ layout: ChartLayout) -> Drawing {
        var drawing = Drawing(width: layout.width)
        let legendLane = LaneReading(record: LaneRecord(id: "", title: "", kind: .native), place: 0)
        drawing.mark(legendLane, x: 6, y: 8)
        drawing.text(names.first, x: 18, y: 12)
        let second = 18 + TextMetrics.width(names.first, size: 12) + 22
        drawing.mark(legendLane, x: second, y: 8, fill: .hollow)
        drawing.text(names.second, x: second + 12, y: 12)
        let left = layout.isNarrow ? 8.0 : 214.0
        let right = layout.width - (layout.isNarrow ? 10 : 90)
        let scale = Scale.logarithmic(rows.flatMap { [$0.first, $0.second].compactMap { $0 } }, from: left, to: right)
        var y = 24.0
        var body = Drawing(width: layout.width)
        for row in rows { y = draw(row, on: &body, scale: scale, top: y, layout: layout) }
        drawing.height = Axis(scale: scale, unit: "ns", title: axisTitle).draw(on: &drawing, top: 24, bottom: y)
        drawing.nodes += body.nodes
        return drawing
    }

    private func draw(_ row: Row, on drawing: inout Drawing, scale: Scale, top: Double, layout: ChartLayout) -> Double {
        let tag = row.lane.tag ?? row.lane.record.title
        let style = row.lane.emulated ? "t tag" : "t muted"
        var centre = top + 20
        drawing.text(
            TextMetrics.fit(row.lane.id, width: layout.isNarrow ? 150 : 196, size: 14), x: 0, y: top + 17,
            style: "t lane", full: row.lane.id)
        if layout.isNarrow {
            let x = TextMetrics.width(TextMetrics.fit(row.lane.id, width: 150, size: 14), size: 14) * 1.1 + 10
            drawing.text(
                TextMetrics.fit(tag, width: drawing.width - x, size: 12), x: x, y: top + 17, style: style, full: tag)
            centre = top + 48
        } else {
            drawing.text(TextMetrics.fit(tag, width: 200, size: 12), x: 0, y: top + 32, style: style, full: tag)
        }
        if !row.note.isEmpty {
            drawing.text(
                TextMetrics.fit(row.note, width: drawing.width - scale.start, size: 12), x: scale.start + 4,
                y: centre + 4, style: "t note", full: row.note)
            return centre + 24
        }
        let ends = [row.first, row.second].compactMap { $0 }.map { scale($0) }
        if ends.count == 2 {
            drawing.line(ends[0], centre, ends[1], centre, style: "dumbbell \(row.lane.style)")
        }
        let values = [row.first, row.second].compactMap { $0 }
        let labels = values.map { Quantity.text($0, "ns") }
        let widths = labels.map { TextMetrics.width($0, size: 12) }
        let centres = Labels.spread(ends, widths: widths, gap: 12, within: 0...drawing.width)
        for (index, value) in [(row.first, false), (row.second, true)].enumerated() {
            guard let reading = value.0 else { continue }
            drawing.mark(
                row.lane, x: scale(reading), y: centre, radius: 5.5, fill: value.1 ? .hollow : .full,
                tip: "\(row.lane.name), \(index == 0 ? names.first : names.second): \(Quantity.text(reading, "ns"))")
        }
        for (index, label) in labels.enumerated() {
            drawing.text(label, x: centres[index], y: centre - 10, style: "t value halo", anchor: .middle)
        }
        return centre + (layout.isNarrow ? 16 : 22)
    }
}
