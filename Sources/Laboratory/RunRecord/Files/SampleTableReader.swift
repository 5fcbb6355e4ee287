/// Reads `samples.csv` byte by byte: a run of 100 000 samples is some 40 MB.
struct SampleTableReader {
    /// What was found.
    struct Result {
        var samples: [Sample] = []
        /// The line of each row of each sample.
        var lines: [[Int]] = []
        /// The file ends inside a line.
        var torn = false
        /// The header is missing too: the run ended before its first block.
        var empty = false
    }

    /// A field, as a range of the file; `escaped` when it holds doubled quotes.
    private struct Field {
        var start = 0
        var end = 0
        var escaped = false
    }

    private let path: String
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// The line the current record starts on, and the one after what was read.
    private var line = 1
    private var nextLine = 1
    private var fields = [Field](repeating: Field(), count: SampleTable.columns.count)
    private var strings = StringTable()
    private var places: [Int: Int] = [:]

    private init(path: String, bytes: UnsafeBufferPointer<UInt8>) {
        self.path = path
        self.bytes = bytes
    }

    /// - Throws: `RunRecordError.malformed` with the line of the first record that is not what it should be.
    static func read(_ bytes: [UInt8], path: String) throws(RunRecordError) -> Result {
        let outcome = bytes.withUnsafeBufferPointer { buffer -> Swift.Result<Result, RunRecordError> in
            var reader = SampleTableReader(path: path, bytes: buffer)
            do throws(RunRecordError) { return .success(try reader.all()) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    private mutating func all() throws(RunRecordError) -> Result {
        var result = Result()
        guard try nextRecord(torn: &result.torn) else {
            result.empty = true
            return result
        }
        for (index, name) in SampleTable.columns.enumerated() where text(index) != name {
            throw problem("column \(index + 1) is \"\(text(index))\", expected \"\(name)\"")
        }
        result.samples.reserveCapacity(bytes.count / 300)
        while try nextRecord(torn: &result.torn) { try addRow(&result) }
        return result
    }

    private func problem(_ text: String) -> RunRecordError { .malformed(path: path, line: line, problem: text) }

    // MARK: Records

    /// Splits the next record into `fields`; false at the end, with `torn` where the file stops inside a record.
    private mutating func nextRecord(torn: inout Bool) throws(RunRecordError) -> Bool {
        line = nextLine
        var index = position
        var field = 0
        let end = bytes.count
        guard index < end else { return false }
        while true {
            var start = index
            var stop = index
            var escaped = false
            if index < end, bytes[index] == UInt8(ascii: "\"") {
                start = index + 1
                index = start
                while true {
                    guard index < end else { return try cutOff(&torn) }
                    if bytes[index] == UInt8(ascii: "\"") {
                        guard index + 1 < end else { return try cutOff(&torn) }
                        guard bytes[index + 1] == UInt8(ascii: "\"") else { break }
                        escaped = true
                        index += 1
                    } else if bytes[index] == UInt8(ascii: "\n") {
                        nextLine += 1
                    }
                    index += 1
                }
                stop = index
                index += 1
            } else {
                while index < end, bytes[index] != UInt8(ascii: ","), bytes[index] != UInt8(ascii: "\n") { index += 1 }
                stop = index
            }
            guard index < end else { return try cutOff(&torn) }
            // A line end of two bytes, as a spreadsheet writes it.
            if bytes[index] == UInt8(ascii: "\n"), stop > start, stop == index,
                bytes[stop - 1] == UInt8(ascii: "\r")
            {
                stop -= 1
            } else if bytes[index] == UInt8(ascii: "\r"), index + 1 < end, bytes[index + 1] == UInt8(ascii: "\n") {
                index += 1
            }
            guard field < fields.count else { throw problem("more than \(fields.count) fields") }
            fields[field] = Field(start: start, end: stop, escaped: escaped)
            field += 1
            if bytes[index] == UInt8(ascii: ",") {
                index += 1
            } else if bytes[index] == UInt8(ascii: "\n") {
                position = index + 1
                nextLine += 1
                guard field == fields.count else { throw problem("\(field) fields, expected \(fields.count)") }
                return true
            } else {
                throw problem("text after a closing quote in field \(field)")
            }
        }
    }

    /// The file stops inside a record. One that began far from the end was not cut off: its quote has no partner.
    private func cutOff(_ torn: inout Bool) throws(RunRecordError) -> Bool {
        guard bytes.count - position < 65_536 else { throw problem("a quoted field without its end") }
        torn = true
        return false
    }

    // MARK: Rows

    private mutating func addRow(_ result: inout Result) throws(RunRecordError) {
        let id = try integer(4)
        let place: Int
        if let last = result.samples.last, last.id == id {
            place = result.samples.count - 1
        } else if let known = places[id] {
            // Rows that somebody sorted by another column.
            place = known
        } else {
            place = result.samples.count
            places[id] = place
            result.samples.append(try sample(id: id))
            result.lines.append([])
        }
        result.lines[place].append(line)
        guard length(10) > 0 else {
            guard length(14) == 0 else { throw problem("a value without a metric") }
            return
        }
        result.samples[place].measurements.append(
            Measurement(string(10), span: string(11), unit: string(12), try number(14), batch: try integer(13)))
    }

    private mutating func sample(id: Int) throws(RunRecordError) -> Sample {
        Sample(
            id: id, experiment: string(1), block: try integer(2), order: try integer(3), lane: string(5),
            workload: string(6), twin: try boolean(7), warmup: try boolean(8), instances: try integer(9),
            admitted: try boolean(15), reason: text(16))
    }

    // MARK: Fields

    private func length(_ column: Int) -> Int { fields[column].end - fields[column].start }

    private func raw(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[fields[column].start..<fields[column].end])
    }

    /// The same of a text, without the apostrophe that keeps spreadsheets from taking it for a formula.
    private func rawText(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        let field = raw(column)
        guard field.count > 1, field[0] == 0x27, SampleTable.isFormula(field[1]) || field[1] == 0x27 else {
            return field
        }
        return UnsafeBufferPointer(rebasing: field[1...])
    }

    private func text(_ column: Int) -> String {
        guard fields[column].escaped else { return String(decoding: rawText(column), as: UTF8.self) }
        var unescaped: [UInt8] = []
        var skip = false
        for byte in rawText(column) {
            // Inside a quoted field quotes come in pairs; the second of a pair is the escape.
            if byte == UInt8(ascii: "\""), skip {
                skip = false
                continue
            }
            skip = byte == UInt8(ascii: "\"")
            unescaped.append(byte)
        }
        return String(decoding: unescaped, as: UTF8.self)
    }

    private mutating func string(_ column: Int) -> String {
        fields[column].escaped ? text(column) : strings.string(rawText(column))
    }

    private func integer(_ column: Int) throws(RunRecordError) -> Int {
        guard let value = DecimalParser.integer(raw(column)) else {
            throw problem("\(SampleTable.columns[column]) is \"\(text(column))\", not a whole number")
        }
        return value
    }

    private func number(_ column: Int) throws(RunRecordError) -> Double {
        guard let value = DecimalParser.number(raw(column)) else {
            throw problem("\(SampleTable.columns[column]) is \"\(text(column))\", not a number")
        }
        return value
    }

    private func boolean(_ column: Int) throws(RunRecordError) -> Bool {
        switch text(column) {
        case "true", "TRUE", "True": return true
        case "false", "FALSE", "False": return false
        default: throw problem("\(SampleTable.columns[column]) is \"\(text(column))\", not true or false")
        }
    }
}
