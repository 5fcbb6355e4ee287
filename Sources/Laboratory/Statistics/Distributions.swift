import Glibc

/// The standard normal distribution.
enum Normal {
    static func upperTail(_ z: Double) -> Double { erfc(z / 2.0.squareRoot()) / 2 }

    /// The z below which lies the share `p`, for ½ < p < 1.
    static func quantile(_ p: Double) -> Double {
        var low = 0.0
        var high = 40.0
        for _ in 0..<200 {
            guard high - low > 1e-15 * high else { break }
            let middle = low + (high - low) / 2
            if upperTail(middle) > 1 - p { low = middle } else { high = middle }
        }
        return low + (high - low) / 2
    }
}

/// Student's t distribution.
public enum StudentT {
    /// P(T ≤ t) with `freedom` degrees of freedom.
    public static func cumulative(_ t: Double, freedom: Double) -> Double {
        let tail = incompleteBeta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2
        return t > 0 ? 1 - tail : tail
    }

    /// The t that 95 % of absolute values lie below, for whole degrees of freedom: found once each for the few that are common.
    static func reach(_ freedom: Int) -> Double {
        freedom < reaches.count ? reaches[freedom] : quantile(0.975, freedom: Double(freedom))
    }

    private static let reaches: [Double] = [.infinity] + (1...120).map { quantile(0.975, freedom: Double($0)) }

    /// The t of which P(T ≤ t) is `p`, for p > ½.
    public static func quantile(_ p: Double, freedom: Double) -> Double {
        var low = 0.0
        var high = 1.0
        while cumulative(high, freedom: freedom) < p { high *= 2 }
        for _ in 0..<200 {
            guard high - low > 1e-15 * high else { break }
            let middle = low + (high - low) / 2
            if cumulative(middle, freedom: freedom) < p { low = middle } else { high = middle }
        }
        return low + (high - low) / 2
    }

    /// The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22), evaluated with
    /// Lentz's method.
    static func incompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        // The fraction converges fast below this point; above, the symmetry leads back to it.
        guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(b, a, 1 - x) }
        var sign: Int32 = 0
        let logBeta = lgamma_r(a, &sign) + lgamma_r(b, &sign) - lgamma_r(a + b, &sign)
        let front = exp(a * log(x) + b * log1p(-x) - logBeta) / a
        let tiny = 1e-300
        var c = 1.0
        var d = 1 / nonzero(1 - (a + b) * x / (a + 1), tiny)
        var fraction = d
        for step in 1...10_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / nonzero(1 + even * d, tiny)
            c = nonzero(1 + even / c, tiny)
            fraction *= c * d
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / nonzero(1 + odd * d, tiny)
            c = nonzero(1 + odd / c, tiny)
            let change = c * d
            fraction *= change
            if abs(change - 1) < 1e-16 { break }
        }
        return front * fraction
    }

    private static func nonzero(_ value: Double, _ tiny: Double) -> Double { abs(value) < tiny ? tiny : value }
}
