/// A figure as HTML: the chart in a wide and a narrow arrangement (style shows the one that fits), caption, table.
enum HTMLFigure {
    static func render(_ figure: FigureBlock) -> Node {
        element("figure", ["id": figure.id]) {
            element("div", ["class": "plot"]) {
                for layout in ChartLayout.allCases { svg(figure, layout) }
            }
            element("figcaption") { figure.caption }
            if figure.open {
                HTMLTable.render(figure.table)
            } else {
                element("details", ["class": "data"]) {
                    element("summary") { "As a table: \(figure.table.caption)" }
                    HTMLTable.render(figure.table)
                }
            }
        }
    }

    /// One arrangement. The other is hidden from sight and from screen readers alike.
    static func svg(_ figure: FigureBlock, _ layout: ChartLayout) -> Node {
        let drawing = figure.chart.draw(layout)
        let id = "\(figure.id)-\(layout.rawValue)"
        let width = Drawing.coordinate(drawing.width)
        let height = Drawing.coordinate(drawing.height)
        return element(
            "svg",
            [
                "class": "chart \(layout.rawValue)", "viewBox": "0 0 \(width) \(height)", "width": width,
                "height": height, "role": "img", "aria-labelledby": "\(id)-t", "aria-describedby": "\(id)-d",
            ]
        ) {
            element("title", ["id": "\(id)-t"]) { figure.chart.title }
            element("desc", ["id": "\(id)-d"]) { figure.chart.description }
            drawing.nodes
        }
    }
}
