/// A value with a natural "nothing said": what an absent JSON member means.
public protocol DefaultedValue: Codable, Equatable {
    /// What the value is where the JSON says nothing.
    static var absentValue: Self { get }
}

extension Array: DefaultedValue where Element: Codable & Equatable {
    public static var absentValue: [Element] { [] }
}

extension Dictionary: DefaultedValue where Key == String, Value: Codable & Equatable {
    public static var absentValue: [String: Value] { [:] }
}

extension Bool: DefaultedValue {
    public static var absentValue: Bool { false }
}

extension String: DefaultedValue {
    public static var absentValue: String { "" }
}

/// A member that JSON may leave out or set to `null`, in which case it holds its natural default; written only where it
/// differs from it.
///
/// It spares the standards' values both optionals without meaning (an absent list *is* the empty list) and hand-written
/// coding.
@propertyWrapper
public struct DefaultWhenAbsent<Value: DefaultedValue>: Equatable {
    public var wrappedValue: Value

    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

extension DefaultWhenAbsent: Sendable where Value: Sendable {}

extension DefaultWhenAbsent: Codable {
    public init(from decoder: any Decoder) throws {
        wrappedValue = try Value(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        try wrappedValue.encode(to: encoder)
    }
}

// Synthesised conformances prefer these overloads to the standard library's.

extension KeyedDecodingContainer {
    func decode<Value>(
        _ type: DefaultWhenAbsent<Value>.Type, forKey key: Key
    ) throws -> DefaultWhenAbsent<Value> {
        DefaultWhenAbsent(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? Value.absentValue)
    }
}

extension KeyedEncodingContainer {
    mutating func encode<Value>(_ value: DefaultWhenAbsent<Value>, forKey key: Key) throws {
        guard value.wrappedValue != Value.absentValue else { return }
        try encode(value.wrappedValue, forKey: key)
    }
}
