import Glibc

/// Mann and Whitney's U test, two-sided, and the effect size that goes with it.
public struct MannWhitney: Equatable, Sendable {
    /// How the probability was found.
    public enum Method: Equatable, Sendable {
        /// Counted over every arrangement.
        case exact
        /// Normal approximation, corrected for ties and continuity.
        case normal
    }

    /// Pairs in which the first sample's value is the greater, ties counted half.
    public let u: Double
    /// Probability of a U at least so far from its mean when both come from one distribution.
    public let p: Double
    public let method: Method
    /// Cliff's delta, −1 … 1: positive when the first sample's values are greater.
    public let cliffsDelta: Double

    /// As `scipy.stats.mannwhitneyu`: exact where the smaller sample has at most 8 values and nothing is tied (and the
    /// arrangements can be counted in 63 bits), else the normal approximation.
    public init(_ x: SortedValues, _ y: SortedValues) {
        let (n, m) = (x.count, y.count)
        var i = 0
        var j = 0
        var wins = 0.0
        var tieTerm = 0.0
        // Merge by groups of equal values.
        while i < n || j < m {
            let value = i < n ? (j < m ? min(x.values[i], y.values[j]) : x.values[i]) : y.values[j]
            var inX = 0
            while i < n, x.values[i] == value {
                i += 1
                inX += 1
            }
            let before = j
            while j < m, y.values[j] == value { j += 1 }
            let inY = j - before
            wins += Double(inX) * (Double(before) + Double(inY) / 2)
            let tied = Double(inX + inY)
            tieTerm += tied * tied * tied - tied
        }
        u = wins
        let pairs = Double(n) * Double(m)
        cliffsDelta = 2 * wins / pairs - 1
        let larger = max(wins, pairs - wins)
        if tieTerm == 0, min(n, m) <= 8, let tail = Self.exactTail(Int(within: larger), n, m) {
            method = .exact
            p = min(1, 2 * tail)
            return
        }
        method = .normal
        let total = Double(n + m)
        let variance = pairs / 12 * (total + 1 - tieTerm / (total * (total - 1)))
        guard variance > 0 else {
            p = 1
            return
        }
        p = min(1, 2 * Normal.upperTail((larger - pairs / 2 - 0.5) / variance.squareRoot()))
    }

    /// P(U ≥ `u`): the number of arrangements of each U is a coefficient of the Gaussian binomial [n+m choose n].
    /// Nil where they do not fit.
    static func exactTail(_ u: Int, _ n: Int, _ m: Int) -> Double? {
        let (small, large) = (min(n, m), max(n, m))
        var arrangements = 1.0
        for k in 1...small { arrangements *= Double(large + k) / Double(k) }
        guard arrangements < 0x1p62 else { return nil }
        let degree = small * large
        var counts = [Int64](repeating: 0, count: degree + 1)
        counts[0] = 1
        for k in 1...small {
            // × (1 − q^(large+k)), then ÷ (1 − q^k). Wrapping: what overflows on the way comes back.
            var index = degree
            while index >= large + k {
                counts[index] &-= counts[index - large - k]
                index -= 1
            }
            index = k
            while index <= degree {
                counts[index] &+= counts[index - k]
                index += 1
            }
        }
        // The distribution is symmetric: P(U ≥ u) = P(U ≤ nm − u).
        let sum = counts[...(degree - u)].reduce(0.0) { $0 + Double($1) }
        return sum / counts.reduce(0.0) { $0 + Double($1) }
    }
}
