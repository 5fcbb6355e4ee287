/// Blocks as HTML.
enum HTMLBlocks {
    static func render(_ blocks: [Block]) -> [Node] { blocks.map(node) }

    private static func node(_ block: Block) -> Node {
        switch block {
        case .paragraph(let text): element("p") { text }
        case .note(let text): element("p", ["class": "note"]) { text }
        case .heading(let text): element("h3") { text }
        case .list(let items):
            element("ul") { for item in items { element("li") { item } } }
        case .terms(let terms):
            element("dl") {
                for term in terms {
                    element("div") {
                        element("dt") { term.name }
                        element("dd") { term.value }
                    }
                }
            }
        case .table(let table): HTMLTable.render(table)
        case .figure(let figure): HTMLFigure.render(figure)
        case .panels(let legend, let panels): switcher(legend, panels)
        case .details(let title, let blocks):
            element("details") {
                element("summary") { title }
                element("div", ["class": "folded"]) { render(blocks) }
            }
        case .code(let text):
            element("pre", ["tabindex": "0"]) { element("code") { text } }
        }
    }

    /// Radio buttons and style alone switch the panels: no script, and the arrow keys work.
    private static func switcher(_ legend: String, _ panels: [Panel]) -> Node {
        guard panels.count > 1 else { return .fragment(render(panels.first?.blocks ?? [])) }
        return element("div", ["class": "switcher"]) {
            for (index, _) in panels.enumerated() {
                element(
                    "input",
                    [
                        "type": "radio", "name": "span", "id": "span-\(index)", "checked": index == 0 ? "checked" : nil,
                        "aria-label": "\(legend) \(panels[index].name)",
                    ])
            }
            element("div", ["class": "tabs"]) {
                element("span", ["class": "tabs-legend"]) { legend }
                for (index, panel) in panels.enumerated() {
                    element("label", ["for": "span-\(index)"]) { panel.name }
                }
            }
            for panel in panels {
                element("div", ["class": "panel"]) {
                    element("h3", ["class": "panel-title"]) { panel.name }
                    render(panel.blocks)
                }
            }
        }
    }
}
