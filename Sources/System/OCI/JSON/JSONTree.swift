/// JSON of any shape, for documents that others own and that are changed in one place, or shown: members keep their order,
/// numbers their digits.
public indirect enum JSONTree: Equatable, Sendable {
    /// One member of an object.
    public struct Member: Equatable, Sendable {
        public var name: String
        public var value: JSONTree

        public init(_ name: String, _ value: JSONTree) {
            self.name = name
            self.value = value
        }
    }

    case null
    case bool(Bool)
    /// As it is written.
    case number(String)
    case text(String)
    case list([JSONTree])
    case object([Member])

    /// A whole number.
    public static func number(_ value: some FixedWidthInteger) -> JSONTree { .number(String(value)) }

    /// What a value is written as.
    public init(_ value: some JSONValue) {
        let bytes = JSONDocument.write(value, indented: false)
        do throws(ConfigurationError) {
            self = try JSONDocument.read(JSONTree.self, from: bytes, document: "JSON")
        } catch {
            preconditionFailure("what was written is JSON: \(error)")
        }
    }

    /// Reads a document whose names are given once in each object.
    public init(json: some Sequence<UInt8>, document: String) throws(ConfigurationError) {
        self = try JSONDocument.read(JSONTree.self, from: json, document: document)
    }

    public func json(indented: Bool = false) -> [UInt8] { JSONDocument.write(self, indented: indented) }

    /// A member of an object; nil of anything else. Setting makes an object of what is none; nil removes.
    public subscript(_ name: String) -> JSONTree? {
        get { members?.first { $0.name == name }?.value }
        set {
            var members = members ?? []
            if let index = members.firstIndex(where: { $0.name == name }) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append(Member(name, newValue))
            }
            self = .object(members)
        }
    }

    public var string: String? { if case .text(let text) = self { text } else { nil } }
    public var elements: [JSONTree]? { if case .list(let elements) = self { elements } else { nil } }
    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }
}

extension JSONTree: JSONValue {
    public init(reading reader: inout JSONReader) throws(DocumentFault) { self = try reader.readTree() }

    public func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.write(literal: "null")
        case .bool(let value): writer.write(value)
        case .number(let digits): writer.write(literal: digits)
        case .text(let text): writer.write(text)
        case .list(let elements): writer.writeElements(elements)
        case .object(let members): writer.writeOrdered(members)
        }
    }
}
