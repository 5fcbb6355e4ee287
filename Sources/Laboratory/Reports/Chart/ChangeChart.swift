import RunRecord
import Statistics

/// Changes as shares of what was before, with intervals, on either side of zero.
struct ChangeChart: Chart {
    struct Row: Sendable {
        var lane: LaneReading
        var name: String
        /// Shares of the median before.
        var change: Double
        var low: Double
        var high: Double
        var floor: Double?
        var verdict: Verdict
    }

    var rows: [Row]
    var title: String
    var description: String

    func draw(_ layout: ChartLayout) -> Drawing {
        var drawing = Drawing(width: layout.width)
        let left = layout.isNarrow ? 10.0 : 330.0
        let right = layout.width - (layout.isNarrow ? 10 : 84)
        // Symmetric, and never so fine that noise fills it.
        let reach = max(rows.flatMap { [abs($0.change), abs($0.low), abs($0.high)] }.max() ?? 0, 0.05) * 1.08
        func x(_ share: Double) -> Double {
            left + (min(max(share / reach, -1), 1) + 1) / 2 * (right - left)
        }
        let rowHeight = layout.isNarrow ? 40.0 : 24.0
        let bottom = Double(rows.count) * rowHeight + 6
        let step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].first { reach / $0 <= 4 } ?? 100
        for index in -4...4 {
            let share = Double(index) * step
            guard abs(share) <= reach else { continue }
            drawing.line(x(share), 0, x(share), bottom, style: index == 0 ? "axis" : "grid")
            drawing.text(
                (share > 0 ? "+" : share < 0 ? "\u{2212}" : "") + "\(Int(within: (abs(share) * 100).rounded()))\u{A0}%",
                x: x(share), y: bottom + 18, style: "t tick", anchor: .middle)
        }
        for (index, row) in rows.enumerated() {
            let top = Double(index) * rowHeight
            let label = "\(row.lane.name): \(row.name)"
            let centre = layout.isNarrow ? top + 30 : top + 15
            if let floor = row.floor {
                drawing.rectangle(
                    x: x(-floor), y: centre - 8, width: x(floor) - x(-floor), height: 16, radius: 3, style: "floor")
            }
            drawing.text(
                TextMetrics.fit(label, width: (layout.isNarrow ? layout.width : left - 22), size: 12), x: 0,
                y: layout.isNarrow ? top + 14 : centre + 4, style: "t", full: label)
            drawing.line(x(row.low), centre, x(row.high), centre, style: "whisker \(row.lane.style)")
            drawing.mark(
                row.lane, x: x(row.change), y: centre, radius: 4.5,
                fill: row.verdict == .slower || row.verdict == .faster ? .full : .hollow,
                tip: "\(label): \(row.verdict.rawValue)")
            if !layout.isNarrow {
                let share = Quantity.number(abs(row.change) * 100)
                drawing.text(
                    "\(row.change > 0 ? "+" : row.change < 0 ? "\u{2212}" : "")\(share)\u{A0}%", x: layout.width,
                    y: centre + 4, style: "t value", anchor: .end)
            }
        }
        drawing.height = bottom + 26
        return drawing
    }
}
