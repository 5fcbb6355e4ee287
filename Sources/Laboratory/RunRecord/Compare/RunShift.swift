import Glibc
import Statistics

/// One cell of one run: its median and how well the run's own samples know it.
struct RunCell {
    var samples: Int
    var median: Double
    /// Variance of the median, as far as the samples within the run tell.
    var within: Double

    init(_ cell: CellValues) {
        let sorted = SortedValues(cell.samples)
        samples = sorted.count
        median = sorted.median
        if let interval = MedianInterval.interval(cell.inOrder) {
            within = (interval.high - interval.low) * (interval.high - interval.low) / 16
        } else {
            // That of a normal distribution's median.
            within = sorted.count > 1 ? sorted.variance * 1.5708 / Double(sorted.count) : 0
        }
    }
}

/// By how much two sides of several runs differ.
///
/// Two levels: the runs' medians are the values, and what they scatter by is never taken for less than what the samples within
/// the runs allow. (Resampling runs, and samples within them, estimates the same; but its percentiles are far too narrow for the
/// few runs that anyone makes, so that Student's distribution with the runs' degrees of freedom stands in their place.)
struct RunShift {
    let before: Double
    let after: Double
    var value: Double { after - before }
    let interval: Interval?
    let p: Double?
    let error: Double?

    /// - Parameters:
    ///   - spread: the standard deviation of runs' medians on this host, as a share of them, for single runs.
    ///   - runs: from how many runs it is known.
    init(_ first: [RunCell], _ second: [RunCell], spread: Double?, runs: Int?) {
        before = Self.mean(first.map(\.median))
        after = Self.mean(second.map(\.median))
        let variance: Double
        let freedom: Double
        if first.count > 1, second.count > 1 {
            let parts = [Self.variance(first), Self.variance(second)]
            variance = parts[0] + parts[1]
            let bottom =
                parts[0] * parts[0] / Double(first.count - 1) + parts[1] * parts[1] / Double(second.count - 1)
            freedom = bottom > 0 ? variance * variance / bottom : Double(first.count + second.count - 2)
        } else if first.count == 1, second.count == 1, let spread, let runs, runs > 2 {
            let between = spread * spread * (before * before + after * after)
            variance = max(between, first[0].within + second[0].within)
            freedom = Double(runs - 1)
        } else {
            (interval, p, error) = (nil, nil, nil)
            return
        }
        let deviation = variance.squareRoot()
        let distance = abs(after - before)
        let reach = StudentT.quantile(0.975, freedom: freedom) * deviation
        interval = Interval(after - before - reach, after - before + reach)
        error = deviation
        p =
            deviation > 0
            ? min(1, 2 * (1 - StudentT.cumulative(distance / deviation, freedom: freedom))) : distance > 0 ? 0 : 1
    }

    /// Of a side's mean of medians.
    private static func variance(_ cells: [RunCell]) -> Double {
        let between = SortedValues(cells.map(\.median)).variance
        return max(between, mean(cells.map(\.within))) / Double(cells.count)
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
