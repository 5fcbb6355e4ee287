/// `blocks.csv`: one row a block, what the host was like meanwhile. Written by isolab alone; a field that is not known is empty.
enum BlockTable {
    static let columns = [
        "run", "experiment", "workload", "block", "warmup", "ms", "judged_ms", "own_cpus", "other_cpus", "stolen_cpus",
        "psi_cpu", "psi_memory", "psi_io", "load", "mhz", "mhz_limit", "throttles", "disturbed",
    ]

    static var header: String { columns.joined(separator: ",") + "\n" }

    static func encode(_ state: BlockState, run: String, into bytes: inout [UInt8]) {
        func number(_ value: Double?) -> String { value.map(SampleTable.shortest) ?? "" }
        let fields = [
            run, state.experiment, state.workload, "\(state.block)", state.warmup ? "true" : "false",
            number(state.milliseconds), number(state.judgedMilliseconds), number(state.ownProcessors),
            number(state.otherProcessors), number(state.stolenProcessors), number(state.cpuPressure),
            number(state.memoryPressure), number(state.ioPressure), number(state.load), number(state.megahertz),
            number(state.megahertzLimit), state.throttles.map { "\($0)" } ?? "", state.disturbance,
        ]
        for (place, field) in fields.enumerated() {
            bytes.quoted(field)
            bytes.append(UInt8(ascii: place == fields.count - 1 ? "\n" : ","))
        }
    }

    /// Reads the table.
    ///
    /// - Returns: the rows, and whether the file ends inside of one, which is left out.
    /// - Throws: `RunRecordError.malformed` with the line of the first row that is not what it should be.
    static func read(_ bytes: [UInt8], path: String) throws(RunRecordError) -> (states: [BlockState], torn: Bool) {
        var states: [BlockState] = []
        var line = 0
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            line += 1
            let fields = fields(bytes[start..<end])
            start = end + 1
            func problem(_ text: String) -> RunRecordError { .malformed(path: path, line: line, problem: text) }
            guard fields.count == columns.count else {
                throw problem("\(fields.count) fields, expected \(columns.count)")
            }
            if line == 1 {
                guard fields == columns else { throw problem("the columns are not those of a table of blocks") }
                continue
            }
            guard let state = state(fields) else { throw problem("a field is not a number where it should be one") }
            states.append(state)
        }
        return (states, start < bytes.count)
    }

    private static func state(_ fields: [String]) -> BlockState? {
        var isNumber = true
        func number(_ place: Int) -> Double? {
            guard !fields[place].isEmpty else { return nil }
            let value = Double(fields[place]).flatMap { $0.isFinite ? $0 : nil }
            if value == nil { isNumber = false }
            return value
        }
        guard let block = Int(fields[3]), ["true", "false"].contains(fields[4]), let milliseconds = number(5),
            let judged = number(6), let own = number(7), let other = number(8), let stolen = number(9)
        else { return nil }
        let state = BlockState(
            experiment: fields[1], workload: fields[2], block: block, warmup: fields[4] == "true",
            milliseconds: milliseconds, judgedMilliseconds: judged, ownProcessors: own, otherProcessors: other,
            stolenProcessors: stolen, cpuPressure: number(10), memoryPressure: number(11), ioPressure: number(12),
            load: number(13), megahertz: number(14), megahertzLimit: number(15),
            throttles: number(16).flatMap { Int(exactly: $0) }, disturbance: fields[17])
        return isNumber ? state : nil
    }

    /// The fields of a line (RFC 4180), without the apostrophe that keeps spreadsheets from taking one for a formula.
    private static func fields(_ line: ArraySlice<UInt8>) -> [String] {
        var fields: [String] = []
        var field: [UInt8] = []
        var quoted = false
        func take() {
            let isGuarded =
                field.count > 1 && field[0] == 0x27 && (SampleTable.isFormula(field[1]) || field[1] == 0x27)
            fields.append(String(decoding: isGuarded ? field[1...] : field[...], as: UTF8.self))
            field.removeAll()
        }
        var place = line.startIndex
        while place < line.endIndex {
            let byte = line[place]
            place += 1
            if byte == UInt8(ascii: "\"") {
                if quoted, place < line.endIndex, line[place] == byte {
                    field.append(byte)
                    place += 1
                } else {
                    quoted.toggle()
                }
            } else if byte == UInt8(ascii: ","), !quoted {
                take()
            } else {
                field.append(byte)
            }
        }
        take()
        return fields
    }
}
