import Linux

/// A piece of HTML or SVG as a value. Everything from outside is escaped where it is written out, in one place.
///
/// The writer keeps to the syntax that HTML and XML share, so a whole report can be checked by an XML parser.
package enum Node: Sendable {
    case element(name: String, attributes: [Attribute], children: [Node])
    case text(String)
    /// Our own style sheet and script, which are not escaped: never anything from outside.
    case verbatim(String)
    case fragment([Node])

    package struct Attribute: Sendable {
        package var name: String
        package var value: String
    }
}

/// Makes an element; attributes whose value is nil are left out.
package func element(
    _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], @NodeBuilder _ content: () -> [Node] = { [] }
) -> Node {
    .element(
        name: name,
        attributes: attributes.compactMap { pair in pair.value.map { Node.Attribute(name: pair.key, value: $0) } },
        children: content())
}

/// Lets an element's content be written as a list of nodes, texts, conditions and loops.
@resultBuilder
package enum NodeBuilder {
    package static func buildExpression(_ node: Node) -> [Node] { [node] }
    package static func buildExpression(_ nodes: [Node]) -> [Node] { nodes }
    package static func buildExpression(_ text: String) -> [Node] { [.text(text)] }
    package static func buildBlock(_ parts: [Node]...) -> [Node] { parts.flatMap { $0 } }
    package static func buildOptional(_ part: [Node]?) -> [Node] { part ?? [] }
    package static func buildEither(first: [Node]) -> [Node] { first }
    package static func buildEither(second: [Node]) -> [Node] { second }
    package static func buildArray(_ parts: [[Node]]) -> [Node] { parts.flatMap { $0 } }
}

extension Node {
    /// The node as markup.
    package func render() -> String {
        var output = ""
        write(to: &output)
        return output
    }

    func write(to output: inout String) {
        switch self {
        case .text(let text): Self.escape(text, into: &output)
        case .verbatim(let text): output += text
        case .fragment(let nodes): for node in nodes { node.write(to: &output) }
        case .element(let name, let attributes, let children):
            output += "<"
            output += name
            for attribute in attributes {
                output += " "
                output += attribute.name
                output += "=\""
                Self.escape(attribute.value, into: &output)
                output += "\""
            }
            if children.isEmpty && Self.empty.contains(name) {
                output += "/>"
                return
            }
            output += ">"
            for child in children { child.write(to: &output) }
            output += "</"
            output += name
            output += ">"
        }
    }

    /// Elements that are written `<x/>` when they hold nothing: void in HTML, or of SVG.
    private static let empty: Set<String> = [
        "meta", "br", "hr", "input", "wbr", "col", "path", "rect", "circle", "line", "polygon", "polyline", "use",
    ]

    /// Escapes the five characters that mean something in markup; control characters, which XML forbids and a
    /// hostile reason might hold, become U+FFFD.
    static func escape(_ text: String, into output: inout String) {
        let special = text.utf8.contains { byte in
            byte < 0x20 || byte == 0x7f || byte == 0x26 || byte == 0x3c || byte == 0x3e || byte == 0x22 || byte == 0x27
                // What may begin one of the steering characters in UTF-8.
                || byte == 0xc2 || byte == 0xd8 || byte == 0xe2
        }
        guard special else {
            output += text
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            case "\n", "\t": output.unicodeScalars.append(scalar)
            case _ where scalar.isSteering: output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
    }
}
