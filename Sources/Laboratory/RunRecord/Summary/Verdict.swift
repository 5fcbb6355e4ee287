import Statistics

/// The word a comparison ends in; never a bare ratio of medians.
///
/// For a metric that is not a duration, read *faster* as less and *slower* as more: `word(for:unit:)`.
package enum Verdict: String, Codable, Sendable, CaseIterable {
    case faster
    case slower
    /// Shown equivalent: the whole interval lies within the margin declared beforehand, and nothing speaks for a difference.
    case same
    case undecided
}

extension Verdict {
    /// Why most are undecided.
    package static let beyondMargin = "the interval of the shift reaches beyond the margin"

    /// The word in the metric's language: memory and CPU time are more or less, not slower or faster.
    package func word(for metric: String, unit: String) -> String {
        let amount = unit == "B" || metric == Metric.cpu
        return switch self {
        case .faster: amount ? "less" : "faster"
        case .slower: amount ? "more" : "slower"
        case .same, .undecided: rawValue
        }
    }

    /// The rule. *Slower* or *faster* where the corrected probability is under 0.05 and the interval excludes zero; *same*
    /// where the interval lies wholly within the margin and holds zero; else *undecided*, with the reason. Noise can only make
    /// the interval wider, and a wider interval never makes *same*.
    ///
    /// - Parameters:
    ///   - margin: nil where none was declared: then nothing can be called the same.
    ///   - p: after Holm's correction.
    static func decide(
        interval: Interval?, margin: Double?, p: Double, samples: Int
    ) -> (verdict: Verdict, reason: String) {
        guard samples >= SummaryRule.minimumForInterval, let interval else {
            let noun = samples == 1 ? "sample" : "samples"
            return (
                .undecided,
                "only \(samples) admitted \(noun) on one side; \(SummaryRule.minimumForInterval) are needed"
            )
        }
        let apart = interval.low > 0 || interval.high < 0
        if p < SummaryRule.significance, apart { return (interval.low > 0 ? .slower : .faster, "") }
        if apart {
            return (.undecided, "p = \(Figure.text(p)) after Holm's correction, though the interval excludes zero")
        }
        guard let margin else {
            return (.undecided, "no margin was declared before this run, so nothing can be shown to be the same")
        }
        if interval.low > -margin, interval.high < margin { return (.same, "") }
        return (.undecided, beyondMargin)
    }
}
