/// Reads `events.jsonl`. Keys it does not know are skipped, so that later versions may add some.
struct EventLinesReader {
    struct Line {
        var sample = -1
        var figures: Int?
        /// The seal of its rows; nil in records of format 1.
        var rows: String?
        var events: [Event] = []
        var phases: [Phase] = []
    }

    struct Result {
        var lines: [Line] = []
        var torn = false
    }

    private struct Syntax: Error { var problem: String }

    private static let greatestDepth = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var strings = StringTable()

    /// - Throws: `RunRecordError.malformed` with the line that is not JSON, or not a sample's.
    static func read(_ bytes: [UInt8], path: String) throws(RunRecordError) -> Result {
        let outcome = bytes.withUnsafeBufferPointer { buffer -> Swift.Result<Result, RunRecordError> in
            var reader = EventLinesReader(bytes: buffer)
            return reader.all(path: path)
        }
        return try outcome.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func all(path: String) -> Swift.Result<Result, RunRecordError> {
        var result = Result()
        // What follows the last line feed was cut off.
        let whole = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        result.torn = whole < bytes.count
        result.lines.reserveCapacity(whole / 200)
        var number = 0
        while position < whole {
            number += 1
            do throws(Syntax) {
                result.lines.append(try line())
                skipBlanks()
                guard position < whole, bytes[position] == UInt8(ascii: "\n") else {
                    throw Syntax(problem: "text after the object")
                }
                position += 1
            } catch {
                return .failure(.malformed(path: path, line: number, problem: error.problem))
            }
        }
        return .success(result)
    }

    private mutating func line() throws(Syntax) -> Line {
        var line = Line()
        try object { (reader, key) throws(Syntax) in
            switch key {
            case "sample": line.sample = Int(try reader.integer())
            case "figures": line.figures = Int(try reader.integer())
            case "rows": line.rows = try reader.string()
            case "events":
                try reader.array { (reader) throws(Syntax) in line.events.append(try reader.event()) }
            case "phases":
                try reader.array { (reader) throws(Syntax) in line.phases.append(try reader.phase()) }
            default: try reader.skipValue()
            }
        }
        guard line.sample >= 0 else { throw Syntax(problem: "no \"sample\"") }
        return line
    }

    private mutating func event() throws(Syntax) -> Event {
        var event = Event("", 0)
        try object { (reader, key) throws(Syntax) in
            switch key {
            case "name": event.name = try reader.string()
            case "nanoseconds": event.nanoseconds = try reader.integer()
            default: try reader.skipValue()
            }
        }
        return event
    }

    private mutating func phase() throws(Syntax) -> Phase {
        var phase = Phase("", actor: "", start: 0, end: 0)
        try object { (reader, key) throws(Syntax) in
            switch key {
            case "name": phase.name = try reader.string()
            case "actor": phase.actor = try reader.string()
            case "start": phase.start = try reader.integer()
            case "end": phase.end = try reader.integer()
            case "exits": phase.exits = try reader.integer()
            default: try reader.skipValue()
            }
        }
        return phase
    }

    // MARK: JSON (RFC 8259)

    private mutating func object(
        _ member: (inout EventLinesReader, String) throws(Syntax) -> Void
    ) throws(Syntax) {
        try expect(UInt8(ascii: "{"))
        if take(UInt8(ascii: "}")) { return }
        repeat {
            let key = try string()
            try expect(UInt8(ascii: ":"))
            try member(&self, key)
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    private mutating func array(_ element: (inout EventLinesReader) throws(Syntax) -> Void) throws(Syntax) {
        try expect(UInt8(ascii: "["))
        if take(UInt8(ascii: "]")) { return }
        repeat { try element(&self) } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    private mutating func skipBlanks() {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 || bytes[position] == 0x0d {
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(Syntax) {
        guard take(byte) else {
            throw Syntax(problem: "expected \"\(Unicode.Scalar(byte))\" at byte \(position) of the file")
        }
    }

    private mutating func string() throws(Syntax) -> String {
        try expect(UInt8(ascii: "\""))
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return strings.string(UnsafeBufferPointer(rebasing: bytes[start..<(position - 1)]))
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw Syntax(problem: "a control character in a string")
            default: position += 1
            }
        }
        throw Syntax(problem: "a string without its end")
    }

    private mutating func escapedString(from start: Int) throws(Syntax) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            if byte < 0x20 { throw Syntax(problem: "a control character in a string") }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard position < bytes.count else { break }
            let escape = bytes[position]
            position += 1
            switch escape {
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0d)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0c)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
            case UInt8(ascii: "u"): text.append(contentsOf: try unicode().utf8)
            default: throw Syntax(problem: "an unknown escape in a string")
            }
        }
        throw Syntax(problem: "a string without its end")
    }

    private mutating func unicode() throws(Syntax) -> String {
        var units = [try hexadecimal()]
        // The second half of a pair.
        if units[0] & 0xfc00 == 0xd800, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            position += 2
            units.append(try hexadecimal())
        }
        return String(decoding: units, as: UTF16.self)
    }

    private mutating func hexadecimal() throws(Syntax) -> UInt16 {
        guard position + 4 <= bytes.count,
            let value = UInt16(String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16)
        else { throw Syntax(problem: "an unknown escape in a string") }
        position += 4
        return value
    }

    private mutating func integer() throws(Syntax) -> Int64 {
        skipBlanks()
        let start = position
        while position < bytes.count, bytes[position] == UInt8(ascii: "-") || bytes[position] &- 0x30 < 10 {
            position += 1
        }
        guard let value = DecimalParser.integer(UnsafeBufferPointer(rebasing: bytes[start..<position])) else {
            throw Syntax(problem: "expected a whole number at byte \(start) of the file")
        }
        return Int64(value)
    }

    /// - Parameter depth: how many lists and objects there are around it.
    private mutating func skipValue(depth: Int = 1) throws(Syntax) {
        // Each takes a call of this function, and a line may hold a million brackets.
        guard depth <= Self.greatestDepth else {
            throw Syntax(problem: "lists and objects within each other, more than \(Self.greatestDepth) deep")
        }
        skipBlanks()
        guard position < bytes.count else { throw Syntax(problem: "a value is missing") }
        switch bytes[position] {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"): try object { (reader, _) throws(Syntax) in try reader.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["): try array { (reader) throws(Syntax) in try reader.skipValue(depth: depth + 1) }
        default:
            let start = position
            while position < bytes.count, ![0x2c, 0x5d, 0x7d, 0x0a, 0x20].contains(bytes[position]) { position += 1 }
            guard position > start else { throw Syntax(problem: "a value is missing") }
        }
    }
}
