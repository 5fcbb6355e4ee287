import RunRecord

/// How a summary's figures are printed, the same in every form of the report.
enum Figures {
    /// `2.65 to 2.80 ms`, or why there is none.
    static func interval(_ estimate: Estimate, _ unit: String, long: Bool = false) -> String {
        guard let low = estimate.medianLow, let high = estimate.medianHigh else {
            return "too few samples for an interval"
        }
        return (long ? "95\u{A0}% interval " : "") + Quantity.interval(low, high, unit)
    }

    /// Whether a figure that must be positive, as what an instance takes from the host, is told from nothing: its interval lies
    /// above zero, or with too few samples for one each of them. Any other metric is.
    static func isResolved(_ estimate: Estimate, _ metric: String) -> Bool {
        metric != Metric.memorySlope || (estimate.medianLow ?? estimate.minimum) > 0
    }

    /// What stands in the place of a figure that is not told from nothing.
    static let unresolved = "not resolved"

    /// `+2.48 ms [+2.41, +2.55]`.
    static func shift(_ comparison: Comparison) -> String {
        guard let low = comparison.shiftLow, let high = comparison.shiftHigh else {
            return Quantity.signed(comparison.shift, comparison.unit) + " (no interval)"
        }
        return Quantity.signed(comparison.shift, from: low, to: high, comparison.unit)
    }

    /// `57.2 ms [37.8, 87.5]`: how far apart two lanes are whose order a word tells, the sign left to it.
    static func distance(_ comparison: Comparison) -> String {
        let sign = comparison.shift < 0 ? -1.0 : 1.0
        guard let low = comparison.shiftLow, let high = comparison.shiftHigh else {
            return Quantity.text(sign * comparison.shift, comparison.unit) + " (no interval)"
        }
        let ends = [sign * low, sign * high].sorted()
        return Quantity.text(sign * comparison.shift, comparison.unit)
            + " (\(Quantity.interval(ends[0], ends[1], comparison.unit)))"
    }

    /// `49 of 50`.
    static func admitted(_ cell: Cell) -> String {
        cell.admitted == cell.taken
            ? Quantity.count(cell.taken) : "\(Quantity.count(cell.admitted)) of \(Quantity.count(cell.taken))"
    }

    /// Why a cell prints no figure.
    static func withheld(_ cell: Cell) -> String {
        let reason = cell.withheld.isEmpty ? "under 95\u{A0}% admitted" : Words.unstopped(cell.withheld)
        return "withheld: \(reason)"
    }

    /// A p below what is worth digits says only that.
    static func p(_ value: Double) -> String {
        value < 0.001 ? "<\u{A0}0.001" : Quantity.fixed(value, 3)
    }
}
