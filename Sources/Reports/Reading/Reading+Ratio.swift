import RunRecord

extension Reading {
    /// Single durations below this, in nanoseconds, are the clock's own cost; a ratio to one says nothing.
    private static let resolution = 1e3

    /// `11.7× [11.2, 12.1]`, `>\u{A0}1000×`, or why there is none; empty where the summary has none.
    ///
    /// No ratio sets software emulation beside what runs on the processor itself, and none divides by a duration that the
    /// clock does not resolve.
    func ratio(_ comparison: Comparison, long: Bool = true) -> String {
        if let reason = noRatio(comparison) { return "no ratio: \(reason)" }
        guard let ratio = comparison.ratio else { return "" }
        guard ratio <= 1000 else { return ">\u{A0}1000×" }
        guard long, let low = comparison.ratioLow, let high = comparison.ratioHigh else { return Quantity.ratio(ratio) }
        return "\(Quantity.ratio(ratio))\u{A0}[\(Quantity.number(low)),\u{A0}\(Quantity.number(high))]"
    }

    /// The ratio as a sentence may hold it: nil where none may stand.
    func spokenRatio(_ comparison: Comparison) -> String? {
        guard noRatio(comparison) == nil else { return nil }
        let text = ratio(comparison, long: false)
        return text.isEmpty ? nil : text
    }

    private func noRatio(_ comparison: Comparison) -> String? {
        if let lane = lane(comparison.lane), lane.emulated {
            let label = lane.record.label ?? ""
            return label.isEmpty ? (lane.tag ?? "emulated") : label
        }
        // A system call is timed over batches long enough to be resolved.
        guard comparison.unit != "B", Words.call(comparison.metric) == nil else { return nil }
        let condition = Condition(experiment: comparison.experiment, workload: comparison.workload)
        let base = cell(condition, comparison.baseline, comparison.metric, span: comparison.span)
        guard let base, let median = base.estimate?.median,
            median * Quantity.base(of: base.unit) < Self.resolution
        else { return nil }
        return "\(comparison.baseline) takes under 1\u{A0}µs"
    }
}
