import Statistics

/// How two cells differ: what a comparison of lanes and one of runs have in common.
struct Difference {
    let shift: Shift
    /// Of the logarithms' shift: by which factor the second is the greater; nil where a value is not positive.
    let ratio: Double?
    let ratioInterval: Interval?

    /// - Parameter blocked: the samples were taken in the same blocks.
    init(from first: [BlockValue], to second: [BlockValue], blocked: Bool) {
        shift = Shift(from: first, to: second, blocked: blocked)
        guard first.allSatisfy({ $0.value > 0 }), second.allSatisfy({ $0.value > 0 }) else {
            ratio = nil
            ratioInterval = nil
            return
        }
        let factor = Shift(from: first.logarithms, to: second.logarithms, blocked: blocked)
        let value = factor.value.exponential
        ratio = value.isFinite ? value : nil
        ratioInterval = factor.interval.flatMap { interval in
            let (low, high) = (interval.low.exponential, interval.high.exponential)
            return low.isFinite && high.isFinite ? Interval(low, high) : nil
        }
    }
}
