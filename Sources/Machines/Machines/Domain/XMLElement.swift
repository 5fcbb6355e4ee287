/// One element of an XML document, written with two spaces a level. Only what libvirt's domain format needs.
struct XMLElement: Equatable, Sendable {
    let name: String
    let attributes: [(name: String, value: String)]
    let content: Content

    enum Content: Equatable, Sendable {
        case empty
        case text(String)
        case children([XMLElement])
    }

    init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        self.name = name
        self.attributes = attributes.map { (name: $0.key, value: $0.value) }
        self.content = .empty
    }

    init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) {
        self.name = name
        self.attributes = attributes.map { (name: $0.key, value: $0.value) }
        self.content = .text(text)
    }

    init(_ name: String, _ attributes: KeyValuePairs<String, String>, _ children: [XMLElement]) {
        self.name = name
        self.attributes = attributes.map { (name: $0.key, value: $0.value) }
        self.content = .children(children)
    }

    init(_ name: String, _ children: [XMLElement]) { self.init(name, [:], children) }

    static func == (left: XMLElement, right: XMLElement) -> Bool {
        left.name == right.name && left.content == right.content
            && left.attributes.elementsEqual(right.attributes) { $0.name == $1.name && $0.value == $1.value }
    }

    /// The element and what it holds, each line ended by a newline.
    func document(indentation: Int = 0) -> String {
        let margin = String(repeating: "  ", count: indentation)
        let opening = attributes.reduce(into: margin + "<" + name) { text, attribute in
            text += " \(attribute.name)='\(Self.escaped(attribute.value))'"
        }
        switch content {
        case .empty:
            return opening + "/>\n"
        case .text(let text):
            return opening + ">" + Self.escaped(text) + "</\(name)>\n"
        case .children(let children):
            let inner = children.map { $0.document(indentation: indentation + 1) }.joined()
            return opening + ">\n" + inner + margin + "</\(name)>\n"
        }
    }

    /// Text safe between tags and between either kind of quote (XML 1.0, section 2.4). Control characters that XML cannot
    /// carry at all are left out: libvirt would refuse the whole document.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&apos;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result += "&#\(scalar.value);"
            case let control where control.value < 0x20: continue
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
