import Glibc

/// The Hodges–Lehmann shift of two samples: the median of all differences yⱼ − xᵢ.
///
/// The differences are never formed for the estimate: they are the entries of a matrix sorted in both directions, and
/// the k-th is found by bisecting over the representable numbers, counting with two pointers: 64 × O(n + m), exact.
public enum HodgesLehmann {
    /// The most differences for which the interval is the bootstrap's; beyond it see `interval`.
    public static let largestResampledProduct = 65_536

    /// The shift from `x` to `y`.
    public static func shift(from x: SortedValues, to y: SortedValues) -> Double {
        let total = x.count * y.count
        let lower = difference(rank: (total + 1) / 2, x.values, y.values)
        guard total.isMultiple(of: 2) else { return lower }
        return lower + (difference(rank: total / 2 + 1, x.values, y.values) - lower) / 2
    }

    /// The 95 % interval of the shift.
    ///
    /// Up to 65 536 differences it is the bootstrap percentile interval, both samples resampled. Beyond, it is the
    /// interval that bootstrap converges to: the share of differences below the shift is a U-statistic whose variance
    /// is Var(F_y(x + shift))/n + Var(F_x(y − shift))/m; the bounds are the differences whose shares lie 1.96 standard
    /// deviations off one half. Neither assumes that the two distributions have one shape. At 256 × 256 the two differ
    /// by less than a tenth of their width (`HodgesLehmannTests`).
    public static func interval(
        from x: SortedValues, to y: SortedValues, resamples: Int = 10_000, generator: inout SeededGenerator
    ) -> Interval {
        if x.minimum == x.maximum, y.minimum == y.maximum {
            let only = y.minimum - x.minimum
            return Interval(only, only)
        }
        if x.count * y.count <= largestResampledProduct {
            return resampledInterval(x.values, y.values, resamples: resamples, generator: &generator)
        }
        return asymptoticInterval(from: x, to: y)
    }

    // MARK: Selection in the matrix of differences

    /// The `rank`-th smallest difference, from 1.
    static func difference(rank: Int, _ x: [Double], _ y: [Double]) -> Double {
        var low = key(y[0] - x[x.count - 1])
        var high = key(y[y.count - 1] - x[0])
        // Smallest number with at least `rank` differences not above it: itself a difference.
        while low < high {
            // The mean, rounded down, without the overflow that high − low may have.
            let middle = (low & high) &+ ((low ^ high) >> 1)
            if count(notAbove: number(middle), x, y) >= rank { high = middle } else { low = middle &+ 1 }
        }
        return number(low) + 0.0
    }

    /// How many differences are at most `bound`. Rounded differences keep the order of exact ones, row by row.
    private static func count(notAbove bound: Double, _ x: [Double], _ y: [Double]) -> Int {
        x.withUnsafeBufferPointer { x in
            y.withUnsafeBufferPointer { y in
                var total = 0
                var reached = 0
                for value in x {
                    while reached < y.count, y[reached] - value <= bound { reached += 1 }
                    total += reached
                }
                return total
            }
        }
    }

    /// Doubles as integers in the same order.
    private static func key(_ value: Double) -> Int64 {
        let bits = Int64(bitPattern: value.bitPattern)
        return bits < 0 ? Int64.min &- bits &- 1 : bits
    }

    private static func number(_ key: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: key < 0 ? Int64.min &- key &- 1 : key))
    }

    // MARK: Intervals

    static func asymptoticInterval(from x: SortedValues, to y: SortedValues) -> Interval {
        let shift = shift(from: x, to: y)
        let rows = placements(of: x.values.map { $0 + shift }, among: y.values)
        let columns = placements(of: y.values.map { $0 - shift }, among: x.values)
        let deviation =
            (SortedValues(rows).variance / Double(x.count) + SortedValues(columns).variance / Double(y.count))
            .squareRoot()
        let total = x.count * y.count
        let reach = 1.959963984540054 * deviation * Double(total)
        let low = max(1, Int(within: (Double(total) / 2 - reach).rounded(.down)))
        let high = min(total, Int(within: (Double(total) / 2 + reach).rounded(.up)))
        return Interval(difference(rank: low, x.values, y.values), difference(rank: high, x.values, y.values))
    }

    /// For each value the share of `others` below it, ties counted half.
    private static func placements(of values: [Double], among others: [Double]) -> [Double] {
        var below = 0
        var notAbove = 0
        return values.map { value in
            while below < others.count, others[below] < value { below += 1 }
            notAbove = max(notAbove, below)
            while notAbove < others.count, others[notAbove] <= value { notAbove += 1 }
            return Double(below + notAbove) / 2 / Double(others.count)
        }
    }

    private struct Difference {
        var value: Double
        var row: UInt16
        var column: UInt16
    }

    /// Resamples both samples. A resample is a weight for each row and column of the sorted differences; the search for
    /// its weighted median starts at the sample's own, whose weight is one sum over the rows.
    static func resampledInterval(
        _ x: [Double], _ y: [Double], resamples: Int, generator: inout SeededGenerator
    ) -> Interval {
        let total = x.count * y.count
        precondition(x.count <= UInt16.max && y.count <= UInt16.max, "samples too large to resample")
        var differences: [Difference] = []
        differences.reserveCapacity(total)
        for (row, value) in x.enumerated() {
            for (column, other) in y.enumerated() {
                differences.append(Difference(value: other - value, row: UInt16(row), column: UInt16(column)))
            }
        }
        // Ties in matrix order, so that the differences before any place are a prefix of each row.
        differences.sort { ($0.value, $0.row, $0.column) < ($1.value, $1.row, $1.column) }
        let start = total / 2
        var prefix = [Int](repeating: 0, count: x.count)
        for difference in differences[..<start] { prefix[Int(difference.row)] += 1 }

        var rows = [Int](repeating: 0, count: x.count)
        var columns = [Int](repeating: 0, count: y.count)
        var cumulated = [Int](repeating: 0, count: y.count + 1)
        let lowerRank = (total + 1) / 2
        let upperRank = total / 2 + 1
        var results: [Double] = []
        results.reserveCapacity(resamples)
        differences.withUnsafeBufferPointer { differences in
            for _ in 0..<resamples {
                draw(x.count, into: &rows, &generator)
                draw(y.count, into: &columns, &generator)
                for column in columns.indices { cumulated[column + 1] = cumulated[column] + columns[column] }
                // `weight` is that of the differences before `place`.
                var place = start
                var weight = 0
                for row in rows.indices { weight += rows[row] * cumulated[prefix[row]] }
                while weight >= lowerRank {
                    place -= 1
                    weight -= rows[Int(differences[place].row)] * columns[Int(differences[place].column)]
                }
                var lower = 0.0
                while weight < lowerRank {
                    weight += rows[Int(differences[place].row)] * columns[Int(differences[place].column)]
                    lower = differences[place].value
                    place += 1
                }
                var upper = lower
                while weight < upperRank {
                    weight += rows[Int(differences[place].row)] * columns[Int(differences[place].column)]
                    upper = differences[place].value
                    place += 1
                }
                results.append(lower + (upper - lower) / 2)
            }
        }
        return Bootstrap.percentileInterval(results)
    }

    /// How often each of `count` values is drawn in a resample.
    private static func draw(_ count: Int, into times: inout [Int], _ generator: inout SeededGenerator) {
        times.withUnsafeMutableBufferPointer { times in
            times.update(repeating: 0)
            for _ in 0..<count { times[generator.uniform(below: count)] += 1 }
        }
    }
}
