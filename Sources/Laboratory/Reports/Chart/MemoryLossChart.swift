import RunRecord

/// What the host had lost of MemAvailable after each idle instance: the readings behind the slope, a panel a lane.
struct MemoryLossChart: Chart {
    struct Panel: Sendable {
        var lane: LaneReading
        /// Bytes lost after so many instances, of every sample.
        var points: [(instances: Int, lost: Double)]
        var slope: Double?

        var most: Int { points.map(\.instances).max() ?? 1 }
    }

    var panels: [Panel]
    var title: String
    var description: String

    func draw(_ layout: ChartLayout) -> Drawing {
        var drawing = Drawing(width: layout.width)
        let columns = layout.isNarrow ? 1 : 3
        let gap = 34.0
        let width = (layout.width - gap * Double(columns - 1)) / Double(columns)
        let height = 176.0
        for (index, panel) in panels.enumerated() {
            draw(
                panel, on: &drawing, left: Double(index % columns) * (width + gap),
                top: Double(index / columns) * height, width: width)
        }
        drawing.height = Double((panels.count + columns - 1) / columns) * height
        return drawing
    }

    private func draw(_ panel: Panel, on drawing: inout Drawing, left: Double, top: Double, width: Double) {
        let slope = panel.slope.map { "\(Quantity.text($0, "B")) each" } ?? "no slope"
        let room = width - TextMetrics.width(slope, size: 12) - 30
        drawing.mark(panel.lane, x: left + 6, y: top + 9)
        drawing.text(
            TextMetrics.fit(panel.lane.id, width: room, size: 14), x: left + 18, y: top + 14, style: "t lane",
            full: panel.lane.name)
        drawing.text(slope, x: left + width, y: top + 14, style: "t value", anchor: .end)
        let tag = panel.lane.tag ?? panel.lane.record.title
        drawing.text(
            TextMetrics.fit(tag, width: width - 20, size: 12), x: left + 18, y: top + 30,
            style: panel.lane.emulated ? "t tag" : "t muted", full: tag)

        let plot = (left: left + 62, right: left + width - 6, top: top + 46, bottom: top + 136)
        let scale = Scale.linear(panel.points.map(\.lost), from: plot.bottom, to: plot.top, ticks: 5, unit: "B")
        func x(_ instances: Double) -> Double {
            plot.left + instances / Double(max(panel.most, 1)) * (plot.right - plot.left)
        }
        for value in Set([scale.low, 0, scale.high]).sorted() {
            drawing.line(plot.left, scale(value), plot.right, scale(value), style: value == 0 ? "axis" : "grid")
            drawing.text(
                Axis.label(value, "B", like: value), x: plot.left - 7, y: scale(value) + 4, style: "t tick",
                anchor: .end)
        }
        drawing.text("0", x: plot.left, y: plot.bottom + 17, style: "t tick", anchor: .middle)
        drawing.text(
            Words.plural(panel.most, "instance"), x: plot.right, y: plot.bottom + 17, style: "t tick", anchor: .end)
        if let line = panel.fitted {
            drawing.line(
                x(0), scale(line(0)), x(Double(panel.most)), scale(line(Double(panel.most))),
                style: "whisker \(panel.lane.style)")
        }
        let data = panel.points.map { "M\(Drawing.point(x(Double($0.instances)), scale($0.lost)))h0" }.joined()
        drawing.path(data, style: "points reading \(panel.lane.style)")
    }
}

extension MemoryLossChart.Panel {
    /// The slope as a line through the middle of the points.
    var fitted: ((Double) -> Double)? {
        guard let slope, !points.isEmpty else { return nil }
        let count = Double(points.count)
        let middle = points.reduce(0) { $0 + Double($1.instances) } / count
        let lost = points.reduce(0) { $0 + $1.lost } / count
        return { lost + slope * ($0 - middle) }
    }
}
