import Glibc

/// The 95 % interval of a median from order statistics, interpolated as Hettmansperger and Sheather (1986) do: it assumes
/// nothing of the distribution, and its coverage is 94 to 96 % from six values on, of whatever shape.
///
/// Under six values none exists: between the least and the greatest of five lies the median in 93.75 % of cases.
public enum MedianInterval {
    public static let minimumCount = 6
    /// Above it the binomial is as good as normal.
    static let largestExact = 1_000

    /// - Parameters:
    ///   - values: in the order measured; correlation between neighbours widens the interval.
    public static func interval(_ values: [Double]) -> Interval? {
        guard let plain = interval(SortedValues(values)) else { return nil }
        let factor = Persistence(values).factor
        let median = SortedValues(values).median
        return Interval(median - factor * (median - plain.low), median + factor * (plain.high - median))
    }

    /// The interval of independent values.
    public static func interval(_ sorted: SortedValues, level: Double = 0.95) -> Interval? {
        let n = sorted.count
        guard n >= minimumCount else { return nil }
        if sorted.minimum == sorted.maximum { return Interval(sorted.minimum, sorted.maximum) }
        guard n <= largestExact else {
            let rank = max(1, Int(within: (Double(n + 1) / 2 - 0.98 * Double(n).squareRoot()).rounded(.down)))
            return Interval(sorted.values[rank - 1], sorted.values[n - rank])
        }
        // The coverage between the d-th value from below and that from above.
        var probability = pow(0.5, Double(n))
        var tail = probability
        var depth = 1
        var coverage = 1 - 2 * tail
        var next = coverage
        while depth < n / 2 {
            probability *= Double(n - depth + 1) / Double(depth)
            tail += probability
            next = 1 - 2 * tail
            if next < level { break }
            depth += 1
            coverage = next
        }
        let share = (coverage - level) / (coverage - next)
        let (size, place) = (Double(n), Double(depth))
        let weight = (size - place) * share / (place + (size - 2 * place) * share)
        let values = sorted.values
        return Interval(
            (1 - weight) * values[depth - 1] + weight * values[depth],
            (1 - weight) * values[n - depth] + weight * values[n - depth - 1])
    }
}
