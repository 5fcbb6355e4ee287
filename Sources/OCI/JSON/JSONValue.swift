/// Any JSON document, for the cases where the typed decoder cannot say what is wrong.
enum JSONValue: Codable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case natural(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .natural(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .natural(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSONValue {
    /// The paths of all numbers, in the document's words.
    func numbers(below path: String = "") -> [(path: String, text: String)] {
        switch self {
        case .integer(let value): [(path, "\(value)")]
        case .natural(let value): [(path, "\(value)")]
        case .number(let value): [(path, "\(value)")]
        case .array(let elements):
            elements.enumerated().flatMap { $0.element.numbers(below: "\(path)[\($0.offset)]") }
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap {
                $0.value.numbers(below: path.isEmpty ? $0.key : "\(path).\($0.key)")
            }
        case .null, .bool, .string: []
        }
    }

    /// The same document with every number 0 but the one at `kept`.
    func keepingNumber(at kept: String, below path: String = "") -> JSONValue {
        switch self {
        case .integer, .natural, .number: path == kept ? self : .integer(0)
        case .array(let elements):
            .array(
                elements.enumerated().map {
                    $0.element.keepingNumber(at: kept, below: "\(path)[\($0.offset)]")
                })
        case .object(let members):
            .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { key, value in
                        (key, value.keepingNumber(at: kept, below: path.isEmpty ? key : "\(path).\(key)"))
                    }))
        case .null, .bool, .string: self
        }
    }
}
