/// Values in ascending order: what quantiles, intervals and rank tests start from.
public struct SortedValues: Equatable, Sendable {
    public let values: [Double]

    /// - Parameter values: at least one, none of them NaN.
    public init(_ values: [Double]) {
        precondition(!values.isEmpty, "no statistic without a value")
        precondition(!values.contains(where: \.isNaN), "NaN has no rank")
        var sorted = values
        sorted.sort()
        self.values = sorted
    }

    /// - Parameter values: at least one, none of them NaN.
    public init(_ values: some Sequence<Double>) {
        // An array first: a sort of a sequence of unknown type costs ten times as much.
        self.init(Array(values))
    }

    public var count: Int { values.count }
    public var minimum: Double { values[0] }
    public var maximum: Double { values[values.count - 1] }
    public var median: Double { quantile(0.5) }

    /// The arithmetic mean.
    public var mean: Double {
        // Around the median, so that large values lose no digits.
        let centre = values[values.count / 2]
        return centre + values.reduce(0) { $0 + ($1 - centre) } / Double(values.count)
    }

    /// The quantile of probability `p`, linear between order statistics: type 7 of Hyndman and Fan (1996), the default
    /// of R and NumPy.
    public func quantile(_ p: Double) -> Double {
        precondition((0...1).contains(p), "a probability lies between 0 and 1")
        let place = Double(values.count - 1) * p
        let below = Int(within: place)
        guard below + 1 < values.count else { return maximum }
        return values[below] + (place - Double(below)) * (values[below + 1] - values[below])
    }

    /// Median absolute deviation from the median, unscaled (multiply by 1.4826 for the σ of a normal distribution).
    public var medianAbsoluteDeviation: Double {
        let centre = median
        return SortedValues(values.lazy.map { abs($0 - centre) }).median
    }

    /// Unbiased variance; 0 for one value.
    public var variance: Double {
        guard values.count > 1 else { return 0 }
        let mean = mean
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
}
