/// A horizontal axis along the bottom of a plot: fine grid, ticks with labels that do not touch, a title that names span
/// and scale.
struct Axis: Sendable {
    var scale: Scale
    /// The unit of the values on the axis, as in the record.
    var unit: String
    var title: String

    /// Draws grid and labels for a plot between two heights; returns the height below the axis.
    func draw(on drawing: inout Drawing, top: Double, bottom: Double) -> Double {
        for minor in scale.minorTicks() {
            let x = scale(minor)
            drawing.line(x, top, x, bottom, style: "grid fine")
        }
        var last = -Double.infinity
        for tick in scale.ticks(unit: unit) {
            let x = scale(tick)
            drawing.line(x, top, x, bottom + 4, style: "grid")
            let label = Self.label(tick, unit, like: scale.kind == .linear ? scale.high : tick)
            let width = TextMetrics.width(label, size: 12)
            let centre = min(max(x, width / 2), drawing.width - width / 2)
            guard centre - width / 2 > last + 6 else { continue }
            last = centre + width / 2
            drawing.text(label, x: centre, y: bottom + 18, style: "t tick", anchor: .middle)
        }
        drawing.line(scale.start, bottom, scale.end, bottom, style: "axis")
        drawing.text(
            TextMetrics.fit(title, width: scale.end - min(scale.start, 8), size: 12), x: scale.end, y: bottom + 36,
            style: "t axis-title", anchor: .end, full: title)
        return bottom + 44
    }

    /// `1 ms`, `0.2 s`, `2.5 s`: a round number without idle zeros, in the unit that suits `like`.
    static func label(_ value: Double, _ unit: String, like: Double) -> String {
        guard value != 0 else { return "0" }
        let chosen = Quantity.unit(for: like, unit)
        var number = Quantity.fixed(value / chosen.size, 4)
        while number.contains("."), number.hasSuffix("0") || number.hasSuffix(".") { number.removeLast() }
        return chosen.symbol.isEmpty ? number : "\(number)\u{A0}\(chosen.symbol)"
    }
}
