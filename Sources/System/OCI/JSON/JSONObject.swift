/// A value that is read from JSON and written as JSON.
public protocol JSONValue {
    /// Reads the value that comes next.
    init(reading reader: inout JSONReader) throws(DocumentFault)
    func write(to writer: inout JSONWriter)
}

/// A value that is an object in JSON. Its members are listed once, for reading and for writing alike.
public protocol JSONObject: JSONValue {
    /// The value before any of its members was read.
    static var blank: Self { get }

    /// Names every member, at most 64, in the order in which they are to be written.
    mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault)
}

extension JSONObject {
    public init(reading reader: inout JSONReader) throws(DocumentFault) {
        self = .blank
        try reader.readMembers(of: &self)
    }

    public func write(to writer: inout JSONWriter) {
        writer.writeMembers(of: self)
    }
}

/// Whoever goes through the members of an object: the reader, to find the one whose name it has before it, or the writer.
public protocol JSONMembers {
    /// A member that must be there.
    mutating func required<Value: JSONValue>(_ name: StaticString, _ value: inout Value) throws(DocumentFault)

    /// A member that may be left out or be `null`.
    mutating func optional<Value: JSONValue>(_ name: StaticString, _ value: inout Value?) throws(DocumentFault)

    /// A string that may be left out, be `null` or be empty, which all mean the same: the specification's own types (in Go)
    /// cannot tell them apart.
    mutating func text(_ name: StaticString, _ value: inout String?) throws(DocumentFault)

    /// A member that may be left out or be `null`, and then holds its natural default; written only where it differs.
    ///
    /// It spares the standards' values optionals without meaning: an absent list *is* the empty list.
    mutating func defaulted<Value: JSONDefaulted>(_ name: StaticString, _ value: inout Value) throws(DocumentFault)
}

/// A value with a natural "nothing said": what an absent member means.
public protocol JSONDefaulted: JSONValue {
    static var absent: Self { get }
    var isAbsent: Bool { get }
}

// MARK: - Lists, maps and words

extension Array: JSONValue where Element: JSONValue {
    public init(reading reader: inout JSONReader) throws(DocumentFault) {
        self = []
        try reader.readElements { (reader) throws(DocumentFault) in append(try Element(reading: &reader)) }
    }

    public func write(to writer: inout JSONWriter) {
        writer.writeElements(self)
    }
}

extension Array: JSONDefaulted where Element: JSONValue {
    public static var absent: [Element] { [] }
    public var isAbsent: Bool { isEmpty }
}

extension Dictionary: JSONValue where Key == String, Value: JSONValue {
    public init(reading reader: inout JSONReader) throws(DocumentFault) {
        self = [:]
        try reader.readEntries { (key, reader) throws(DocumentFault) in
            guard updateValue(try Value(reading: &reader), forKey: key) == nil else {
                throw DocumentFault("is given twice")
            }
        }
    }

    public func write(to writer: inout JSONWriter) {
        writer.writeEntries(self)
    }
}

extension Dictionary: JSONDefaulted where Key == String, Value: JSONValue {
    public static var absent: [String: Value] { [:] }
    public var isAbsent: Bool { isEmpty }
}

extension Bool: JSONDefaulted {
    public static var absent: Bool { false }
    public var isAbsent: Bool { !self }

    public init(reading reader: inout JSONReader) throws(DocumentFault) { self = try reader.readBool() }
    public func write(to writer: inout JSONWriter) { writer.write(self) }
}

extension String: JSONValue {
    public init(reading reader: inout JSONReader) throws(DocumentFault) { self = try reader.readString() }
    public func write(to writer: inout JSONWriter) { writer.write(self) }
}

/// A text that is shown and goes nowhere else: any character may be in it, NUL as well.
package struct ShownText: JSONValue, Equatable, Sendable {
    package var text: String

    package init(_ text: String = "") { self.text = text }
    package init(reading reader: inout JSONReader) throws(DocumentFault) {
        text = try reader.readString(takesNul: true)
    }
    package func write(to writer: inout JSONWriter) { writer.write(text) }
}

/// Words: one of a fixed list of strings.
extension JSONValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    public init(reading reader: inout JSONReader) throws(DocumentFault) {
        let word = try reader.readString()
        // Not init(rawValue:), which builds a hash table first: too dear for a process that asks a few times.
        guard let value = Self.allCases.first(where: { $0.rawValue == word }) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw DocumentFault("\(quoting: word) is not one of \(known)")
        }
        self = value
    }

    public func write(to writer: inout JSONWriter) { writer.write(rawValue) }
}

// MARK: - Numbers

extension JSONValue where Self: FixedWidthInteger {
    public init(reading reader: inout JSONReader) throws(DocumentFault) { self = try reader.readInteger() }
    public func write(to writer: inout JSONWriter) { writer.write(self) }
}

extension Int: JSONValue {}
extension Int32: JSONValue {}
extension Int64: JSONValue {}
extension UInt16: JSONValue {}
extension UInt32: JSONValue {}
extension UInt64: JSONValue {}
