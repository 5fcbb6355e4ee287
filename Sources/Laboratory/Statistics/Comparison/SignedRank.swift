import Glibc

/// Wilcoxon's signed-rank test of differences within blocks, two-sided.
public struct SignedRank: Equatable, Sendable {
    /// Sum of the ranks of positive differences, ties sharing their mean rank.
    public let positive: Double
    /// Probability of sums at least so unequal when differences are as often positive as negative.
    public let p: Double
    /// Differences that are not zero.
    public let count: Int

    /// The most differences whose every sign pattern is counted.
    static let largestExact = 50

    /// As `scipy.stats.wilcoxon`: zeros left out; exact where nothing is tied or zero and at most 50 differ, else the normal
    /// approximation, corrected for ties.
    public init(_ differences: [Double]) {
        let kept = differences.filter { $0 != 0 }
        count = kept.count
        guard !kept.isEmpty else {
            positive = 0
            p = 1
            return
        }
        let ranks = Ranks.of(kept.map { abs($0) })
        positive = zip(kept, ranks).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
        let n = kept.count
        let total = Double(n) * Double(n + 1) / 2
        let smaller = min(positive, total - positive)
        let tieTerm = Ranks.tieTerm(kept.map { abs($0) })
        if tieTerm == 0, n == differences.count, n <= Self.largestExact {
            p = min(1, 2 * Self.exactTail(Int(within: smaller), n))
            return
        }
        let variance = Double(n) * Double(n + 1) * Double(2 * n + 1) / 24 - tieTerm / 48
        p = variance > 0 ? min(1, 2 * Normal.upperTail(abs(smaller - total / 2) / variance.squareRoot())) : 1
    }

    /// P(sum ≤ `bound`) over every pattern of signs.
    private static func exactTail(_ bound: Int, _ n: Int) -> Double {
        let degree = n * (n + 1) / 2
        var counts = [Double](repeating: 0, count: degree + 1)
        counts[0] = 1
        for rank in 1...n {
            var index = degree
            while index >= rank {
                counts[index] += counts[index - rank]
                index -= 1
            }
        }
        return counts[...bound].reduce(0, +) / pow(2, Double(n))
    }
}
