import RunRecord
import Statistics

/// The share of samples done by a given time: the empirical distribution of each lane, on a logarithmic clock.
struct DistributionChart: Chart {
    var title: String
    var description: String
    var axisTitle: String
    var series: [(lane: LaneReading, distribution: Distribution)]
    /// Steps a curve at most.
    static let limit = 240

    func draw(_ layout: ChartLayout) -> Drawing {
        var drawing = Drawing(width: layout.width)
        let plotTop = drawing.legend(series.map(\.lane), top: 0, lines: true) + 10
        let plotBottom = plotTop + (layout.isNarrow ? 240 : 320)
        let left = 44.0
        let right = layout.width - (layout.isNarrow ? 10 : 16)
        let scale = Scale.logarithmic(
            series.flatMap { [$0.distribution.sorted.first, $0.distribution.sorted.last].compactMap { $0 } },
            from: left, to: right)
        let height = Axis(scale: scale, unit: "ns", title: axisTitle).draw(
            on: &drawing, top: plotTop, bottom: plotBottom)
        func y(_ share: Double) -> Double { plotBottom - share * (plotBottom - plotTop) }
        for share in [0.0, 0.25, 0.5, 0.75, 0.95, 1] {
            if share > 0 {
                drawing.line(left, y(share), right, y(share), style: share == 0.5 ? "grid strong" : "grid")
            }
            guard share != 1 else { continue }
            drawing.text(
                "\(Int(within: share * 100))\u{A0}%", x: left - 6, y: y(share) + 4, style: "t tick", anchor: .end)
        }
        for (lane, distribution) in series where !distribution.isEmpty {
            drawing.path(
                Self.curve(distribution, x: { scale($0) }, y: y),
                style: "curve \(lane.style)", dash: lane.dash,
                tip: "\(lane.name): half of the samples by \(Quantity.text(distribution.median, "ns")), 95\u{A0}% by "
                    + Quantity.text(distribution.quantile(0.95), "ns"))
        }
        for (lane, distribution) in series where !distribution.isEmpty {
            drawing.mark(lane, x: scale(distribution.median), y: y(0.5), radius: 4.5)
        }
        drawing.height = height
        return drawing
    }

    /// Steps at evenly spaced ranks, first and last always among them.
    private static func curve(
        _ distribution: Distribution, x: (Double) -> Double, y: (Double) -> Double
    ) -> String {
        let count = distribution.count
        let steps = min(count, limit)
        var data = "M\(Drawing.point(x(distribution.sorted[0]), y(0)))"
        for step in 1...steps {
            let rank = (step * count + steps - 1) / steps
            data += "H\(Drawing.coordinate(x(distribution.sorted[rank - 1])))"
            data += "V\(Drawing.coordinate(y(Double(rank) / Double(count))))"
        }
        return data
    }
}
