/// A value as D-Bus carries it (D-Bus Specification, "Type System").
public indirect enum BusValue: Equatable, Sendable {
    case byte(UInt8)
    case boolean(Bool)
    case int16(Int16)
    case uint16(UInt16)
    case int32(Int32)
    case uint32(UInt32)
    case int64(Int64)
    case uint64(UInt64)
    case double(Double)
    case string(String)
    case objectPath(String)
    case signature(String)
    /// The place of a descriptor among those that came along.
    case descriptor(UInt32)
    /// - Parameter of: the signature of its elements, which an empty one has too.
    case array(of: String, [BusValue])
    case structure([BusValue])
    case entry(BusValue, BusValue)
    case variant(BusValue)

    /// The type as the specification writes it: one complete type.
    public var type: String {
        switch self {
        case .byte: "y"
        case .boolean: "b"
        case .int16: "n"
        case .uint16: "q"
        case .int32: "i"
        case .uint32: "u"
        case .int64: "x"
        case .uint64: "t"
        case .double: "d"
        case .string: "s"
        case .objectPath: "o"
        case .signature: "g"
        case .descriptor: "h"
        case .array(let element, _): "a" + element
        case .structure(let members): "(" + members.map(\.type).joined() + ")"
        case .entry(let key, let value): "{" + key.type + value.type + "}"
        case .variant: "v"
        }
    }

    /// A list of words.
    public static func strings(_ words: [String]) -> BusValue { .array(of: "s", words.map { .string($0) }) }

    public static func bytes(_ bytes: [UInt8]) -> BusValue { .array(of: "y", bytes.map { .byte($0) }) }
}

/// What the first letter of a type says of its place in a message.
enum BusAlignment {
    /// Nil for a letter that begins no type.
    static func of(_ letter: UInt8) -> Int? {
        switch Unicode.Scalar(letter) {
        case "y", "g", "v": 1
        case "n", "q": 2
        case "b", "i", "u", "s", "o", "a", "h": 4
        case "x", "t", "d", "(", "{": 8
        default: nil
        }
    }
}
