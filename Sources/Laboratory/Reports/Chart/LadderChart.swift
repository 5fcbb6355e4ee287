import RunRecord

/// System calls as rungs, sorted by their native cost; on each, the lanes' medians with their intervals.
struct LadderChart: Chart {
    struct Rung: Sendable {
        var name: String
        /// In nanoseconds.
        var marks: [(lane: LaneReading, median: Double, low: Double, high: Double)]
    }

    var rungs: [Rung]
    var lanes: [LaneReading]
    var title: String
    var description: String

    func draw(_ layout: ChartLayout) -> Drawing {
        var drawing = Drawing(width: layout.width)
        var y = drawing.legend(lanes, top: 0, filled: true) + 8
        let widest = rungs.map { TextMetrics.width($0.name, size: 13) }.max() ?? 0
        let left = min(widest + 24, layout.isNarrow ? 152 : 190)
        let right = layout.width - 18
        let scale = Scale.logarithmic(
            rungs.flatMap { $0.marks.flatMap { [$0.median, $0.low, $0.high] } }, from: left, to: right)
        let top = y
        var body = Drawing(width: layout.width)
        for (index, rung) in rungs.enumerated() {
            let height = max(Double(rung.marks.count) * 9 + 10, 24)
            if index % 2 == 0 {
                body.rectangle(x: 0, y: y, width: layout.width, height: height, style: "stripe")
            }
            body.text(
                TextMetrics.fit(rung.name, width: left - 18, size: 13), x: 6, y: y + height / 2 + 4.5, style: "t call",
                full: rung.name)
            for (place, mark) in rung.marks.enumerated() {
                let centre = y + height / 2 + (Double(place) - Double(rung.marks.count - 1) / 2) * 9
                body.line(scale(mark.low), centre, scale(mark.high), centre, style: "whisker \(mark.lane.style)")
                body.mark(
                    mark.lane, x: scale(mark.median), y: centre, radius: 3.8, fill: mark.lane.fill,
                    tip:
                        "\(rung.name), \(mark.lane.name): \(Quantity.text(mark.median, "ns")) a call, 95\u{A0}% interval "
                        + Quantity.interval(mark.low, mark.high, "ns"))
            }
            y += height
        }
        drawing.nodes += body.nodes.filter { node in
            if case .element("rect", _, _) = node { return true }
            return false
        }
        drawing.height = Axis(scale: scale, unit: "ns", title: "a call, median with 95 % interval; logarithmic").draw(
            on: &drawing, top: top, bottom: y)
        drawing.nodes += body.nodes.filter { node in
            if case .element("rect", _, _) = node { return false }
            return true
        }
        return drawing
    }
}
