import Statistics

/// `summary.csv`: one row a cell with its comparison with the baseline beside it, one for each declared contrast (the cell's own
/// figures are not repeated there), and one for each lane that could not run.
///
/// Derived numbers have nine significant digits; a ratio that the report withholds is withheld here, and a verdict is the
/// report's word.
package enum SummaryTable {
    static let columns = [
        "run", "experiment", "workload", "lane", "metric", "span", "unit", "taken", "admitted", "samples", "values",
        "censored", "minimum", "lower_quartile", "median", "median_low", "median_high", "upper_quartile", "p95", "p99",
        "maximum", "mean", "mad", "floor", "floor_low", "floor_high", "baseline", "price_of", "shift", "shift_low",
        "shift_high", "analysis", "widening", "ratio", "ratio_low", "ratio_high", "no_ratio_because", "p", "p_holm",
        "cliffs_delta", "margin", "visible", "blocks_needed", "verdict", "undecided_because", "withheld", "findings",
    ]
    /// How many of them name a cell, and how many describe it besides.
    private static let naming = 7
    private static let describing = 19

    /// The table as RFC 4180 text; what is not known is an empty field.
    package static func encode(_ summary: Summary, manifest: Manifest) -> String {
        var bytes = Array((columns.joined(separator: ",") + "\n").utf8)
        let comparisons = Dictionary(grouping: summary.comparisons, by: \.key)
        for cell in summary.cells {
            let own = comparisons[cell.key] ?? []
            let first = own.first { $0.baseline == manifest.baseline }
            append(
                name(cell.key, manifest) + description(cell) + self.comparison(first)
                    + [cell.withheld, cell.findings.joined(separator: " ")], to: &bytes)
            for contrast in own where contrast.baseline != manifest.baseline {
                let blank = [String](repeating: "", count: describing)
                append(name(cell.key, manifest) + blank + self.comparison(contrast) + ["", ""], to: &bytes)
            }
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

    private static func name(_ key: CellKey, _ manifest: Manifest) -> [String] {
        [manifest.run, key.experiment, key.workload, key.lane, key.metric, key.span, key.unit]
    }

    private static func description(_ cell: Cell) -> [String] {
        let estimate = cell.estimate
        let counts: [Int?] = [cell.taken, cell.admitted, estimate?.samples, estimate?.values, estimate?.censored]
        let figures: [Double?] = [
            estimate?.minimum, estimate?.lowerQuartile, estimate?.median, estimate?.medianLow, estimate?.medianHigh,
            estimate?.upperQuartile, estimate?.p95, estimate?.p99, estimate?.maximum, estimate?.mean, estimate?.mad,
            cell.floor?.bound, cell.floor?.low, cell.floor?.high,
        ]
        return counts.map { $0.map { String($0) } ?? "" } + figures.map(number)
    }

    private static func comparison(_ comparison: Comparison?) -> [String] {
        guard let comparison else { return [String](repeating: "", count: columns.count - naming - describing - 2) }
        let shift: [Double?] = [comparison.shift, comparison.shiftLow, comparison.shiftHigh]
        let ratio: [Double?] = [comparison.ratio, comparison.ratioLow, comparison.ratioHigh]
        let tests: [Double?] = [
            comparison.pUncorrected, comparison.p, comparison.cliffsDelta, comparison.margin, comparison.visible,
        ]
        var row = [comparison.baseline, comparison.title]
        row += shift.map(number)
        row += [comparison.analysis.rawValue, number(comparison.widening)]
        row += ratio.map(number)
        row.append(comparison.ratioWithheld)
        row += tests.map(number)
        row.append(comparison.blocksNeeded.map { String($0) } ?? "")
        row += [comparison.verdict.word(for: comparison.metric, unit: comparison.unit), comparison.reason]
        return row
    }

    private static func number(_ value: Double?) -> String { value.map { SampleTable.shortest($0.ninefold) } ?? "" }

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
    package var key: CellKey {
        CellKey(experiment: experiment, workload: workload, lane: lane, metric: metric, span: span, unit: unit)
    }
}

extension Comparison {
    /// The cell it is about.
    package var key: CellKey {
        CellKey(experiment: experiment, workload: workload, lane: lane, metric: metric, span: span, unit: unit)
    }
}

extension RunDirectory {
    /// Writes `summary.csv`.
    package func write(_ summary: Summary, manifest: Manifest) throws(RunRecordError) {
        try write(SummaryTable.encode(summary, manifest: manifest), to: .summary)
    }
}

extension Double {
    /// To nine significant digits: what differences and means leave below is the arithmetic's, not the measurement's.
    package var ninefold: Double {
        guard self != 0, isFinite else { return self }
        let scale = Int(within: magnitude.order) - 8
        guard abs(scale) < 290 else { return self }
        // By a power of ten that is exact, so that the result is the decimal it is meant to be.
        let power = Double.power(of: abs(scale))
        return scale > 0 ? (self / power).rounded() * power : (self * power).rounded() / power
    }
}
