import RunRecord

/// The shapes that tell the kinds of lane apart without colour.
enum Mark {
    /// What tells two lanes of one kind apart, or two readings of one lane.
    enum Fill: Int {
        case full, hollow, tinted

        var style: String { ["", " hollow", " tinted"][rawValue] }
    }

    static func path(_ kind: LaneKind, x: Double, y: Double, radius r: Double) -> String {
        let p = Drawing.point
        switch kind {
        case .native:
            return "M\(p(x - r, y))a\(p(r, r)) 0 1 0 \(p(2 * r, 0))a\(p(r, r)) 0 1 0 \(p(-2 * r, 0))Z"
        case .container:
            let s = r * 0.9
            return "M\(p(x - s, y - s))H\(Drawing.coordinate(x + s))V\(Drawing.coordinate(y + s))"
                + "H\(Drawing.coordinate(x - s))Z"
        case .peer:
            let s = r * 1.25
            return "M\(p(x, y - s))L\(p(x + s, y))L\(p(x, y + s))L\(p(x - s, y))Z"
        case .guest:
            let s = r * 1.2
            return "M\(p(x, y - s))L\(p(x + s, y + s * 0.8))L\(p(x - s, y + s * 0.8))Z"
        case .microGuest:
            let s = r * 1.1
            let w = r * 0.42
            return "M\(p(x - w, y - s))L\(p(x + w, y - s))L\(p(x + w, y - w))L\(p(x + s, y - w))L\(p(x + s, y + w))"
                + "L\(p(x + w, y + w))L\(p(x + w, y + s))L\(p(x - w, y + s))L\(p(x - w, y + w))L\(p(x - s, y + w))"
                + "L\(p(x - s, y - w))L\(p(x - w, y - w))Z"
        }
    }
}

extension Drawing {
    /// A lane's mark at a value: filled, or hollow for its second reading.
    mutating func mark(
        _ lane: LaneReading, x: Double, y: Double, radius: Double = 5, fill: Mark.Fill = .full, tip: String? = nil
    ) {
        path(
            Mark.path(lane.kind, x: x, y: y, radius: radius), style: "mark \(lane.style)\(fill.style)", tip: tip)
    }

    /// A legend of lanes, each with its mark, flowing over as many rows as it needs; returns the height below it.
    mutating func legend(
        _ lanes: [LaneReading], top: Double, left: Double = 0, lines: Bool = false, filled: Bool = false
    )
        -> Double
    {
        var x = left
        var y = top + 12
        let swatch = lines ? 34.0 : 16.0
        for lane in lanes {
            let name = TextMetrics.fit(lane.name, width: width - left - swatch - 8, size: 12)
            let needed = swatch + TextMetrics.width(name, size: 12) + 18
            if x > left && x + needed > width {
                x = left
                y += 20
            }
            if lines {
                line(x, y - 4, x + 26, y - 4, style: "curve \(lane.style)", dash: lane.dash)
                mark(lane, x: x + 13, y: y - 4, radius: 4)
            } else {
                mark(lane, x: x + 6, y: y - 4, fill: filled ? lane.fill : .full)
            }
            text(name, x: x + swatch, y: y, style: "t", full: lane.name)
            x += needed
        }
        return y + 12
    }
}
