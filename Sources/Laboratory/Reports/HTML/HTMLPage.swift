/// The frame of every HTML file of isolab: head, skip link, contents, header, body, footer.
struct HTMLPage {
    var title: String
    var description: String
    var contents: [(id: String, title: String)]
    var header: [Node]
    var body: [Node]
    var footer: String

    func render() -> String {
        let document = element("html", ["lang": "en"]) {
            element("head") {
                element("meta", ["charset": "utf-8"])
                // Nothing may be fetched, and the browser is told to see to it.
                element(
                    "meta",
                    [
                        "http-equiv": "Content-Security-Policy",
                        "content": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
                    ])
                element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                element("meta", ["name": "color-scheme", "content": "light dark"])
                element("meta", ["name": "description", "content": description])
                element("title") { title }
                element("style") { Node.verbatim(StyleSheet.text) }
            }
            element("body") {
                element("a", ["class": "skip", "href": "#main"]) { "Skip to the answer" }
                Self.patterns
                element("div", ["class": "page"]) {
                    navigation
                    element("main", ["id": "main"]) {
                        header
                        body
                    }
                }
                element("footer") { element("p") { footer } }
                element("script") { Node.verbatim(Script.text) }
            }
        }
        return "<!DOCTYPE html>\n" + document.render() + "\n"
    }

    private var navigation: Node {
        element("nav", ["aria-label": "Contents"]) {
            element("p", ["class": "brand"]) { "isolab" }
            element("ol") {
                element("li") { element("a", ["href": "#answer"]) { "The answer" } }
                for entry in contents {
                    element("li") { element("a", ["href": "#\(entry.id)"]) { entry.title } }
                }
            }
        }
    }

    /// The hatching that marks emulated figures, once for the whole page.
    private static var patterns: Node {
        element("svg", ["class": "patterns", "width": "0", "height": "0", "aria-hidden": "true"]) {
            element("defs") {
                element(
                    "pattern",
                    [
                        "id": "hatch-light", "width": "7", "height": "7", "patternUnits": "userSpaceOnUse",
                        "patternTransform": "rotate(45)",
                    ]
                ) { element("rect", ["class": "hatch-light-line", "width": "1.6", "height": "7"]) }
                element(
                    "pattern",
                    [
                        "id": "hatch", "width": "6", "height": "6", "patternUnits": "userSpaceOnUse",
                        "patternTransform": "rotate(45)",
                    ]
                ) { element("rect", ["class": "hatch-line", "width": "2", "height": "6"]) }
            }
        }
    }
}
