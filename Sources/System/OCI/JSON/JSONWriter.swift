import Linux

/// Writes JSON as UTF-8: members in the order in which a value names them, the keys of maps sorted, so that equal values give
/// equal bytes.
public struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private let isIndented: Bool
    private var depth = 0

    /// - Parameter indented: by two spaces a level; else in one line.
    init(indented: Bool) { isIndented = indented }

    mutating func write(_ value: Bool) {
        append(value ? "true" : "false")
    }

    mutating func write(_ value: some FixedWidthInteger) {
        bytes += String(value).utf8
    }

    mutating func write(_ value: String) {
        var value = value
        bytes.append(UInt8(ascii: "\""))
        value.withUTF8 { content in
            var plain = 0
            var index = 0
            while index < content.count {
                let byte = content[index]
                let isPlain = (0x20..<0x7F).contains(byte)
                let length = isPlain ? 0 : Self.steeringLength(content[index...])
                if length > 0 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    bytes += content[plain..<index]
                    if length > 1 {
                        appendEscaped(scalar: content[index..<(index + length)])
                    } else {
                        appendEscaped(byte)
                    }
                    plain = index + max(1, length)
                }
                index += max(1, length)
            }
            bytes += content[plain...]
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// How many bytes stand for a character that would do something to a terminal instead of being shown; 0 where none begins here.
    /// Such are escaped: what reads JSON gets them as they are, and whoever looks at it is not led astray.
    private static func steeringLength(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        guard let first = bytes.first else { return 0 }
        if first < 0x20 || first == 0x7F { return 1 }
        // All others are of two bytes that begin with C2 or D8, or of three that begin with E2.
        let length = first == 0xC2 || first == 0xD8 ? 2 : first == 0xE2 ? 3 : 0
        guard length > 0, let scalar = String(decoding: bytes.prefix(length), as: UTF8.self).unicodeScalars.first,
            scalar.isSteering
        else { return 0 }
        return length
    }

    mutating func writeElements(_ elements: [some JSONValue]) {
        open(UInt8(ascii: "["))
        for element in elements {
            separate()
            element.write(to: &self)
        }
        close(UInt8(ascii: "]"))
    }

    mutating func writeEntries(_ entries: [String: some JSONValue]) {
        open(UInt8(ascii: "{"))
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            separate()
            write(key)
            colon()
            value.write(to: &self)
        }
        close(UInt8(ascii: "}"))
    }

    /// Members in the order given.
    mutating func writeOrdered(_ members: [JSONTree.Member]) {
        open(UInt8(ascii: "{"))
        for member in members {
            separate()
            write(member.name)
            colon()
            member.value.write(to: &self)
        }
        close(UInt8(ascii: "}"))
    }

    /// What is JSON already.
    mutating func write(literal: String) { bytes += literal.utf8 }

    mutating func writeMembers(of object: some JSONObject) {
        var object = object
        open(UInt8(ascii: "{"))
        do {
            try object.visit(&self)
        } catch {
            preconditionFailure("writing a member does not fail")
        }
        close(UInt8(ascii: "}"))
    }

    // MARK: Structure

    private mutating func open(_ bracket: UInt8) {
        bytes.append(bracket)
        depth += 1
    }

    private mutating func close(_ bracket: UInt8) {
        depth -= 1
        if !isFirst { breakLine() }
        bytes.append(bracket)
    }

    /// Goes to the place of the next element or member.
    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        breakLine()
    }

    /// Whether nothing stands yet between the brackets: no value ends with an opening one.
    private var isFirst: Bool {
        bytes.last == UInt8(ascii: "{") || bytes.last == UInt8(ascii: "[")
    }

    private mutating func breakLine() {
        guard isIndented else { return }
        bytes.append(0x0A)
        bytes += repeatElement(0x20, count: 2 * depth)
    }

    private mutating func colon() {
        bytes.append(UInt8(ascii: ":"))
        if isIndented { bytes.append(0x20) }
    }

    private mutating func append(_ text: StaticString) {
        bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// A character of the basic plane.
    private mutating func appendEscaped(scalar content: Slice<UnsafeBufferPointer<UInt8>>) {
        let value = String(decoding: content, as: UTF8.self).unicodeScalars.first?.value ?? 0xFFFD
        let digits = Array("0123456789abcdef".utf8)
        append("\\u")
        for shift in [12, 8, 4, 0] as [UInt32] { bytes.append(digits[Int((value >> shift) & 15)]) }
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            append("\\u00")
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}

extension JSONWriter: JSONMembers {
    public mutating func required<Value: JSONValue>(_ name: StaticString, _ value: inout Value) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        append(name)
        bytes.append(UInt8(ascii: "\""))
        colon()
        value.write(to: &self)
    }

    public mutating func optional<Value: JSONValue>(_ name: StaticString, _ value: inout Value?) {
        guard var value else { return }
        required(name, &value)
    }

    public mutating func text(_ name: StaticString, _ value: inout String?) {
        optional(name, &value)
    }

    public mutating func defaulted<Value: JSONDefaulted>(_ name: StaticString, _ value: inout Value) {
        guard !value.isAbsent else { return }
        required(name, &value)
    }
}
