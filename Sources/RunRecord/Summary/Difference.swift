import Statistics

/// How two samples differ: what a comparison of lanes and one of runs have in common.
struct Difference {
    /// Hodges–Lehmann shift from the first to the second, with its 95 % interval where both have enough values.
    var shift: Double
    var interval: Interval?
    /// Ratio of medians, second by first; nil where the first's is not positive.
    var ratio: Double?
    var ratioInterval: Interval?
    /// Mann–Whitney, uncorrected.
    var p: Double
    /// Positive: the second's values are greater.
    var cliffsDelta: Double

    /// - Parameters:
    ///   - fromMedians: resampled medians of the first, drawn independently of `toMedians`.
    ///   - toMedians: those of the second.
    init(
        from first: SortedValues, to second: SortedValues, fromMedians: [Double], toMedians: [Double],
        resamples: Int, generator: inout SeededGenerator
    ) {
        let enough = min(first.count, second.count) >= SummaryRule.minimumForInterval
        shift = HodgesLehmann.shift(from: first, to: second)
        if enough {
            interval = HodgesLehmann.interval(
                from: first, to: second, resamples: resamples, generator: &generator)
        }
        if first.median > 0 { ratio = second.median / first.median }
        if enough, first.minimum > 0 {
            ratioInterval = Bootstrap.percentileInterval(zip(toMedians, fromMedians).map { $0 / $1 })
        }
        let test = MannWhitney(second, first)
        p = test.p
        cliffsDelta = test.cliffsDelta
    }
}

extension Verdict {
    /// The rule: *same* when the whole interval of the shift lies within the floor; *faster* or *slower* when all of it
    /// lies beyond and the corrected probability is under 0.05; else *undecided*, with the reason.
    static func decide(
        interval: Interval?, floor: Double?, p: Double, samples: Int
    ) -> (verdict: Verdict, reason: String) {
        guard samples >= SummaryRule.minimumForInterval, let interval else {
            let noun = samples == 1 ? "sample" : "samples"
            return (
                .undecided,
                "only \(samples) admitted \(noun) on one side; \(SummaryRule.minimumForInterval) are needed"
            )
        }
        guard let floor else { return (.undecided, "the noise floor is unknown: too few samples of the hidden twin") }
        if interval.low >= -floor, interval.high <= floor { return (.same, "") }
        guard interval.low > floor || interval.high < -floor else {
            return (.undecided, "the interval of the shift reaches across the noise floor")
        }
        guard p < SummaryRule.significance else {
            return (.undecided, "p = \(Figure.text(p)) after Holm's correction: more samples are needed")
        }
        return interval.low > 0 ? (.slower, "") : (.faster, "")
    }
}
