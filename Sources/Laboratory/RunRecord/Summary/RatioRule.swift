/// Where a ratio says nothing, none is computed: what a report does not print, no table holds either.
struct RatioRule {
    let manifest: Manifest

    /// Durations below this, in nanoseconds, are the clock's own cost.
    static let resolution = 1e3
    /// Above it a ratio is a way of saying that the reference is next to nothing.
    static let largest = 1_000.0

    /// Why the comparison has no ratio; empty where it may have one.
    ///
    /// - Parameters:
    ///   - lane: the lane's estimate.
    ///   - reference: the reference's.
    func withheld(_ comparison: Comparison, lane: Estimate?, reference: Estimate?) -> String {
        if comparison.verdict == .undecided { return "undecided" }
        let (own, other) = (record(comparison.lane), record(comparison.baseline))
        if let emulator = own?.emulator ?? other?.emulator, own?.emulator != other?.emulator { return emulator }
        if comparison.metric == Metric.memorySlope {
            let least = [lane, reference].map { $0.map { $0.medianLow ?? $0.minimum } ?? 0 }
            if least.contains(where: { $0 <= 0 }) { return "a slope is not told from nothing" }
        }
        if let base = Margin.base(of: comparison.unit), comparison.unit != "B",
            !comparison.metric.hasPrefix(Metric.syscallPrefix), let median = reference?.median,
            median * base < Self.resolution
        {
            return "\(comparison.baseline) takes under 1\u{A0}µs"
        }
        guard let ratio = comparison.ratio else { return "" }
        // The logarithms' interval is one of its own: at small n it may say otherwise than the differences', on which the word rests.
        guard let low = comparison.ratioLow, let high = comparison.ratioHigh else { return "its interval has no end" }
        let isOne = low <= 1 && high >= 1
        guard isOne == (comparison.verdict == .same) else {
            return isOne ? "its interval holds 1" : "its interval does not hold 1"
        }
        guard ratio > Self.largest else { return "" }
        return low > Self.largest ? "over 1000" : "its interval reaches over 1000"
    }

    private func record(_ lane: String) -> LaneRecord? { manifest.lanes.first { $0.id == lane } }
}

extension LaneRecord {
    /// What the figures tell of instead of hardware, in a few words; nil where they tell of hardware.
    package var emulator: String? {
        if let label, !label.isEmpty { return label }
        guard let accelerator, accelerator.contains("TCG") || accelerator.contains("PVM") else { return nil }
        return accelerator.contains("TCG") ? "software emulation" : accelerator
    }
}
