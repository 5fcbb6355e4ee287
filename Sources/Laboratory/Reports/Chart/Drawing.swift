import Statistics

/// How much room a chart has. Text keeps its size; the arrangement changes.
enum ChartLayout: String, CaseIterable, Sendable {
    case wide, narrow

    var width: Double { self == .wide ? 920 : 330 }
    var isNarrow: Bool { self == .narrow }
}

/// A chart as a value: what it shows, and how to draw it in a layout.
protocol Chart: Sendable {
    /// What the chart shows, for those who do not see it.
    var title: String { get }
    /// Its message in a sentence or two; the figures are in the table beside it.
    var description: String { get }

    func draw(_ layout: ChartLayout) -> Drawing
}

/// Shapes on a canvas of known size.
struct Drawing: Sendable {
    var width: Double
    var height: Double
    var nodes: [Node]

    init(width: Double, height: Double = 0, nodes: [Node] = []) {
        self.width = width
        self.height = height
        self.nodes = nodes
    }

    enum Anchor: String { case start, middle, end }

    mutating func add(_ node: Node) { nodes.append(node) }

    mutating func text(
        _ text: String, x: Double, y: Double, style: String = "t", anchor: Anchor = .start, full: String? = nil
    ) {
        nodes.append(
            element(
                "text",
                [
                    "class": style, "x": Self.coordinate(x), "y": Self.coordinate(y),
                    "text-anchor": anchor == .start ? nil : anchor.rawValue,
                ]
            ) {
                if let full, full != text { element("title") { full } }
                text
            })
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String, dash: String? = nil) {
        nodes.append(
            element(
                "path",
                [
                    "class": style, "stroke-dasharray": dash,
                    "d": "M\(Self.point(x1, y1))L\(Self.point(x2, y2))",
                ]))
    }

    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, radius: Double = 0, style: String, fill: String? = nil,
        tip: String? = nil
    ) {
        nodes.append(
            element(
                "rect",
                [
                    "class": style, "x": Self.coordinate(x), "y": Self.coordinate(y),
                    "width": Self.coordinate(max(width, 0)), "height": Self.coordinate(height),
                    "rx": radius > 0 ? Self.coordinate(radius) : nil, "fill": fill, "data-tip": tip,
                ]
            ) {
                if let tip { element("title") { tip } }
            })
    }

    mutating func path(_ data: String, style: String, dash: String? = nil, tip: String? = nil) {
        nodes.append(
            element("path", ["class": style, "stroke-dasharray": dash, "d": data, "data-tip": tip]) {
                if let tip { element("title") { tip } }
            })
    }

    static func point(_ x: Double, _ y: Double) -> String { "\(coordinate(x)) \(coordinate(y))" }

    /// A coordinate to a tenth of a pixel, without a trailing zero: a hundred thousand of them weigh.
    static func coordinate(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let tenths = Int(within: (min(max(value, -1e9), 1e9) * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let whole = abs(tenths) / 10
        let rest = abs(tenths) % 10
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }
}
