import Glibc

/// Bootstrap percentile intervals (Efron, 1979).
///
/// A quantile of a resample needs no resample: the k-th smallest of n uniform draws is a beta variate, and the draw's
/// index is that variate times n. So each of the 10 000 resamples costs two variates whatever n is, and the result has
/// exactly the distribution of drawing n values and sorting them. `BootstrapTests` compares it with doing so.
public enum Bootstrap {
    /// The quantile `p` of each of `resamples` resamples, in the order drawn.
    public static func quantiles(
        _ sorted: SortedValues, _ p: Double = 0.5, resamples: Int = 10_000, generator: inout SeededGenerator
    ) -> [Double] {
        let values = sorted.values
        let count = values.count
        guard count > 1, values[0] < values[count - 1] else { return Array(repeating: values[0], count: resamples) }
        let place = Double(count - 1) * p
        let rank = Int(within: place) + 1
        let fraction = place - Double(rank - 1)
        let n = Double(count)
        var results: [Double] = []
        results.reserveCapacity(resamples)
        for _ in 0..<resamples {
            let lower = generator.beta(Double(rank), n + 1 - Double(rank))
            let first = values[min(count - 1, Int(within: lower * n))]
            guard fraction > 0 else {
                results.append(first)
                continue
            }
            // The next order statistic: the least of the n − k draws above this one.
            let upper = lower + (1 - lower) * (1 - pow(generator.unit(), 1 / (n - Double(rank))))
            let second = values[min(count - 1, Int(within: upper * n))]
            results.append(first + fraction * (second - first))
        }
        return results
    }

    /// The percentile interval of resampled statistics.
    public static func percentileInterval(_ resampled: [Double], level: Double = 0.95) -> Interval {
        var values = resampled
        let tail = (1 - level) / 2
        let low = Selection.quantile(tail, of: &values)
        return Interval(low, Selection.quantile(1 - tail, of: &values))
    }

    /// The 95 % interval of a median.
    public static func medianInterval(
        _ sorted: SortedValues, resamples: Int = 10_000, generator: inout SeededGenerator
    ) -> Interval {
        percentileInterval(quantiles(sorted, 0.5, resamples: resamples, generator: &generator))
    }
}
