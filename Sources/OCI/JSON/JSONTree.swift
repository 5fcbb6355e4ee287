/// Any JSON, for what shows documents rather than uses them: members keep their order, numbers their digits.
public enum JSONTree: Equatable, Sendable {
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

    /// A member of an object, the first of that name; nil where there is none, or this is no object.
    public subscript(_ name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
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
