/// `summary.csv`: one row a cell with its comparison beside it, and one for each lane that could not run.
public enum SummaryTable {
    static let columns = [
        "run", "experiment", "workload", "lane", "metric", "span", "unit", "taken", "admitted", "samples", "values",
        "minimum", "lower_quartile", "median", "median_low", "median_high", "upper_quartile", "p95", "p99", "maximum",
        "mean", "mad", "baseline", "shift", "shift_low", "shift_high", "ratio", "ratio_low", "ratio_high", "p_holm",
        "cliffs_delta", "floor", "verdict", "undecided_because", "withheld", "findings",
    ]

    /// The table as RFC 4180 text; what is not known is an empty field.
    public static func encode(_ summary: Summary, manifest: Manifest) -> String {
        var bytes = Array((columns.joined(separator: ",") + "\n").utf8)
        let comparisons = Dictionary(summary.comparisons.map { ($0.key, $0) }) { first, _ in first }
        for cell in summary.cells {
            let estimate = cell.estimate
            let comparison = comparisons[cell.key]
            var row: [String] = [
                manifest.run, cell.experiment, cell.workload, cell.lane, cell.metric, cell.span, cell.unit,
                String(cell.taken), String(cell.admitted), estimate.map { String($0.samples) } ?? "",
                estimate.map { String($0.values) } ?? "",
            ]
            row += [
                estimate?.minimum, estimate?.lowerQuartile, estimate?.median, estimate?.medianLow,
                estimate?.medianHigh, estimate?.upperQuartile, estimate?.p95, estimate?.p99, estimate?.maximum,
                estimate?.mean, estimate?.mad,
            ].map(number)
            row.append(comparison?.baseline ?? "")
            row += [
                comparison?.shift, comparison?.shiftLow, comparison?.shiftHigh, comparison?.ratio,
                comparison?.ratioLow, comparison?.ratioHigh, comparison?.p, comparison?.cliffsDelta,
                comparison?.floor,
            ].map(number)
            row += [comparison?.verdict.rawValue ?? "", comparison?.reason ?? "", cell.withheld]
            row.append(cell.findings.joined(separator: " "))
            append(row, to: &bytes)
        }
        for lane in manifest.lanes where !lane.available {
            var row = [String](repeating: "", count: columns.count)
            row[0] = manifest.run
            row[3] = lane.id
            row[columns.count - 2] = "not measured: \(lane.reason)"
            append(row, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func number(_ value: Double?) -> String { value.map(SampleTable.shortest) ?? "" }

    private static func append(_ row: [String], to bytes: inout [UInt8]) {
        for (index, field) in row.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            // Numbers may be negative, and are no formulas.
            if Double(field) != nil { bytes.append(contentsOf: field.utf8) } else { bytes.quoted(field) }
        }
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension Cell {
    /// What names it.
    public var key: CellKey {
        CellKey(experiment: experiment, workload: workload, lane: lane, metric: metric, span: span, unit: unit)
    }
}

extension Comparison {
    /// The cell it is about.
    public var key: CellKey {
        CellKey(experiment: experiment, workload: workload, lane: lane, metric: metric, span: span, unit: unit)
    }
}

extension RunDirectory {
    /// Writes `summary.csv`.
    public func write(_ summary: Summary, manifest: Manifest) throws(RunRecordError) {
        try write(SummaryTable.encode(summary, manifest: manifest), to: .summary)
    }
}
