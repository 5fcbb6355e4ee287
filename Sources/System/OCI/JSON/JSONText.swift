/// The JSON of any `Encodable`, without Foundation: for documents that are only ever written, such as figures.
public enum JSONText {
    /// Members stand in the order of their names.
    public static func of(_ value: some Encodable) throws -> String {
        let node = Node()
        try value.encode(to: NodeEncoder(node: node, codingPath: []))
        return node.text
    }
}

/// A value under construction: what an encoder was told last.
private final class Node {
    private enum Content {
        case literal(String)
        case array([Node])
        case object([String: Node])
    }

    private var content = Content.literal("null")

    func set(_ literal: String) { content = .literal(literal) }

    func set(_ text: some StringProtocol, quoted: Void) {
        content = .literal(String(decoding: JSONDocument.write(String(text), indented: false), as: UTF8.self))
    }

    func set(_ number: Double) { content = .literal(number.isFinite ? "\(number)" : "null") }

    func becomeObject() { if case .object = content {} else { content = .object([:]) } }

    func becomeArray() { if case .array = content {} else { content = .array([]) } }

    func member(_ name: String) -> Node {
        let node = Node()
        guard case .object(var members) = content else { return node }
        members[name] = node
        content = .object(members)
        return node
    }

    func element() -> Node {
        let node = Node()
        guard case .array(let elements) = content else { return node }
        content = .array(elements + [node])
        return node
    }

    var count: Int { if case .array(let elements) = content { elements.count } else { 0 } }

    var text: String {
        switch content {
        case .literal(let literal): return literal
        case .array(let elements): return "[" + elements.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            let written = members.sorted { $0.key < $1.key }.map { name, node in
                String(decoding: JSONDocument.write(name, indented: false), as: UTF8.self) + ":" + node.text
            }
            return "{" + written.joined(separator: ",") + "}"
        }
    }
}

private struct NodeEncoder: Encoder {
    let node: Node
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.becomeObject()
        return KeyedEncodingContainer(Members<Key>(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.becomeArray()
        return Elements(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(node: node, codingPath: codingPath) }
}

private struct Single: SingleValueEncodingContainer {
    let node: Node
    let codingPath: [any CodingKey]

    func encodeNil() { node.set("null") }
    func encode(_ value: Bool) { node.set(value ? "true" : "false") }
    func encode(_ value: String) { node.set(value, quoted: ()) }
    func encode(_ value: Double) { node.set(value) }
    func encode(_ value: Float) { node.set(Double(value)) }
    func encode(_ value: Int) { node.set("\(value)") }
    func encode(_ value: Int8) { node.set("\(value)") }
    func encode(_ value: Int16) { node.set("\(value)") }
    func encode(_ value: Int32) { node.set("\(value)") }
    func encode(_ value: Int64) { node.set("\(value)") }
    func encode(_ value: UInt) { node.set("\(value)") }
    func encode(_ value: UInt8) { node.set("\(value)") }
    func encode(_ value: UInt16) { node.set("\(value)") }
    func encode(_ value: UInt32) { node.set("\(value)") }
    func encode(_ value: UInt64) { node.set("\(value)") }
    func encode(_ value: some Encodable) throws {
        try value.encode(to: NodeEncoder(node: node, codingPath: codingPath))
    }
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: Node
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { node.member(key.stringValue).set("null") }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        let member = node.member(key.stringValue)
        try Single(node: member, codingPath: codingPath + [key]).encode(value)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { NodeEncoder(node: node.member("super"), codingPath: codingPath) }

    func superEncoder(forKey key: Key) -> any Encoder {
        NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
    }
}

private struct Elements: UnkeyedEncodingContainer {
    let node: Node
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    func encodeNil() { node.element().set("null") }

    func encode(_ value: some Encodable) throws {
        try Single(node: node.element(), codingPath: codingPath).encode(value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        NodeEncoder(node: node.element(), codingPath: codingPath).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        NodeEncoder(node: node.element(), codingPath: codingPath).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { NodeEncoder(node: node.element(), codingPath: codingPath) }
}
