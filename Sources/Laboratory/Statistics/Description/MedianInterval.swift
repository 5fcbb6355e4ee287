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
    ///   - values: in the order measured; correlation between neighbours widens the interval: its ranks lie farther apart. It
    ///     never reaches beyond the values, of which it could not be said where it ends: a duration's does not fall below zero.
    public static func interval(_ values: [Double]) -> Interval? {
        guard values.count >= minimumCount else { return nil }
        let sorted = SortedValues(values)
        let middle = Double(sorted.count + 1) / 2
        return interval(sorted, from: middle - Persistence(values).factor * (middle - rank(sorted.count)))
    }

    /// The interval of independent values.
    public static func interval(_ sorted: SortedValues, level: Double = 0.95) -> Interval? {
        guard sorted.count >= minimumCount else { return nil }
        return interval(sorted, from: rank(sorted.count, level: level))
    }

    /// From the value of so high a rank, from 1 and with a fraction, to that of the same rank from above.
    private static func interval(_ sorted: SortedValues, from rank: Double) -> Interval {
        if sorted.minimum == sorted.maximum { return Interval(sorted.minimum, sorted.maximum) }
        let (values, n) = (sorted.values, sorted.count)
        let kept = min(max(rank, 1), Double(n + 1) / 2)
        let depth = Int(within: kept)
        let weight = kept - Double(depth)
        guard weight > 0 else { return Interval(values[depth - 1], values[n - depth]) }
        return Interval(
            (1 - weight) * values[depth - 1] + weight * values[depth],
            (1 - weight) * values[n - depth] + weight * values[n - depth - 1])
    }

    /// The rank at which the interval of so many independent values begins.
    private static func rank(_ n: Int, level: Double = 0.95) -> Double {
        guard n <= largestExact else {
            return max(1, (Double(n + 1) / 2 - 0.98 * Double(n).squareRoot()).rounded(.down))
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
        return place + (size - place) * share / (place + (size - 2 * place) * share)
    }
}
