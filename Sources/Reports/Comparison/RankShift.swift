#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How much greater one sample's values are than another's, by ranks: the Hodges–Lehmann estimate and the distribution-free
/// interval that belongs to it (Hollander and Wolfe, Nonparametric Statistical Methods, section 4.3; large-sample form).
struct RankShift: Sendable {
    /// Sorted pairwise differences, second less first.
    private let differences: [Double]
    private let first: Int
    private let second: Int

    /// Values a side that enter at most: the differences are as many as their product.
    static let limit = 400

    /// Nil where a side has under five values: no interval is worth printing then.
    init?(from first: [Double], to second: [Double]) {
        let one = Distribution(first).thinned(to: Self.limit)
        let two = Distribution(second).thinned(to: Self.limit)
        guard one.count >= 5, two.count >= 5 else { return nil }
        var differences: [Double] = []
        differences.reserveCapacity(one.count * two.count)
        for a in one { for b in two { differences.append(b - a) } }
        differences.sort()
        self.differences = differences
        self.first = one.count
        self.second = two.count
    }

    /// The median of all pairwise differences.
    var estimate: Double {
        let middle = differences.count / 2
        return differences.count % 2 == 1
            ? differences[middle] : (differences[middle - 1] + differences[middle]) / 2
    }

    /// The interval that misses the shift with at most the given probability.
    func interval(missing alpha: Double) -> (low: Double, high: Double) {
        let product = Double(first) * Double(second)
        let spread = (product * Double(first + second + 1) / 12).squareRoot()
        let rank = Int((product / 2 - Self.normalQuantile(alpha) * spread).rounded(.down))
        let index = min(max(rank, 0), (differences.count - 1) / 2)
        return (differences[index], differences[differences.count - 1 - index])
    }

    /// The smallest two-sided probability that samples of these sizes can reach, 2 / C(n + m, n): below it nothing can be
    /// decided, however far the samples lie apart.
    var attainable: Double {
        var ways = 1.0
        for step in 1...first { ways *= Double(second + step) / Double(step) }
        return 2 / ways
    }

    /// The z with which a standard normal value lies outside ±z with probability alpha, by bisection.
    static func normalQuantile(_ alpha: Double) -> Double {
        var low = 0.0
        var high = 10.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if erfc(middle / 2.0.squareRoot()) > alpha { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
