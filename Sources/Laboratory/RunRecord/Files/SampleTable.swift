/// `samples.csv`: long format, one row a measurement, so that R, pandas or a spreadsheet take it as it is.
///
/// Quoting is RFC 4180's; lines end in a line feed. A sample without figures is one row whose metric and value are
/// empty. Values are the shortest decimals that read back as the same number.
enum SampleTable {
    static let columns = [
        "run", "experiment", "block", "order", "sample", "lane", "workload", "twin", "warmup", "instances", "metric",
        "span", "unit", "batch", "value", "admitted", "reason",
    ]

    static var header: String { columns.joined(separator: ",") + "\n" }

    /// Appends the rows of `sample`.
    static func encode(_ sample: Sample, run: String, into bytes: inout [UInt8]) {
        var prefix: [UInt8] = []
        prefix.field(run)
        prefix.field(sample.experiment)
        prefix.field(sample.block)
        prefix.field(sample.order)
        prefix.field(sample.id)
        prefix.field(sample.lane)
        prefix.field(sample.workload)
        prefix.field(sample.twin ? "true" : "false")
        prefix.field(sample.warmup ? "true" : "false")
        prefix.field(sample.instances)
        var suffix: [UInt8] = []
        suffix.append(contentsOf: (sample.admitted ? "true," : "false,").utf8)
        suffix.quoted(sample.reason)
        suffix.append(UInt8(ascii: "\n"))

        guard !sample.measurements.isEmpty else {
            bytes.append(contentsOf: prefix)
            bytes.append(contentsOf: ",,,,,".utf8)
            bytes.append(contentsOf: suffix)
            return
        }
        for measurement in sample.measurements {
            bytes.append(contentsOf: prefix)
            bytes.field(measurement.metric)
            bytes.field(measurement.span)
            bytes.field(measurement.unit)
            bytes.field(measurement.batch)
            bytes.append(contentsOf: shortest(measurement.value).utf8)
            bytes.append(UInt8(ascii: ","))
            bytes.append(contentsOf: suffix)
        }
    }

    /// Whether spreadsheets take what begins so for a formula.
    static func isFormula(_ first: UInt8?) -> Bool {
        first.map { "=+-@\t\r".utf8.contains($0) } ?? false
    }

    /// The shortest decimal that reads back as `value`; whole numbers without `.0`.
    static func shortest(_ value: Double) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension [UInt8] {
    /// One field and its comma.
    fileprivate mutating func field(_ text: String) {
        quoted(text)
        append(UInt8(ascii: ","))
    }

    fileprivate mutating func field(_ number: Int) {
        append(contentsOf: String(number).utf8)
        append(UInt8(ascii: ","))
    }

    /// A field, quoted where RFC 4180 asks for it.
    ///
    /// Spreadsheets take what begins with an equals sign and its like for a formula, quoted or not: an apostrophe before it, by
    /// which they know a text, is taken away by whoever reads it here.
    mutating func quoted(_ text: String) {
        let text = SampleTable.isFormula(text.utf8.first) || text.utf8.first == 0x27 ? "'" + text : text
        let special = text.utf8.contains { $0 == 0x22 || $0 == 0x2c || $0 == 0x0a || $0 == 0x0d }
        guard special else { return append(contentsOf: text.utf8) }
        append(0x22)
        for byte in text.utf8 {
            if byte == 0x22 { append(0x22) }
            append(byte)
        }
        append(0x22)
    }
}
