/// JSON of any shape, for documents that others own and that are changed in one place, or shown: members keep their order, numbers
/// their digits.
public indirect enum JSONTree: Equatable, Sendable, JSONValue {
    case null
    case boolean(Bool)
    /// As it stood in the document.
    case number(String)
    case string(String)
    case array([JSONTree])
    case object([Member])

    public struct Member: Equatable, Sendable {
        public var name: String
        public var value: JSONTree

        public init(_ name: String, _ value: JSONTree) {
            self.name = name
            self.value = value
        }
    }

    /// Reads a document whose names are given once in each object.
    public init(json: some Sequence<UInt8>, document: String) throws(ConfigurationError) {
        self = try JSONDocument.read(JSONTree.self, from: json, document: document)
    }

    public func json(indented: Bool = false) -> [UInt8] { JSONDocument.write(self, indented: indented) }

    public init(reading reader: inout JSONReader) throws(DocumentFault) {
        self = try reader.readTree()
    }

    public func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.write(literal: "null")
        case .boolean(let value): writer.write(value)
        case .number(let digits): writer.write(literal: digits)
        case .string(let text): writer.write(text)
        case .array(let elements): writer.writeElements(elements)
        case .object(let members): writer.writeOrdered(members.map { ($0.name, $0.value) })
        }
    }

    /// A member of an object; nil of anything else. Setting makes an object of what is none; nil removes.
    public subscript(name: String) -> JSONTree? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.name == name }?.value
        }
        set {
            var members: [Member] = []
            if case .object(let own) = self { members = own }
            if let index = members.firstIndex(where: { $0.name == name }) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append(Member(name, newValue))
            }
            self = .object(members)
        }
    }

    public var text: String? { if case .string(let text) = self { text } else { nil } }
    public var elements: [JSONTree]? { if case .array(let elements) = self { elements } else { nil } }
    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }
}
