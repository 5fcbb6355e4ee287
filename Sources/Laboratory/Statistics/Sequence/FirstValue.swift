/// Whether the first value stands apart from those after it: a cold cache, a probe done once.
public struct FirstValue: Equatable, Sendable {
    /// How many robust standard deviations (1.4826 × MAD of the rest) it lies above their median.
    public let deviations: Double
    /// The first value by the median of the rest.
    public let ratio: Double

    /// From here on it is called slow: one in 3.5 million for a normal distribution, and robust to ordinary tails.
    public static let threshold = 5.0

    public var isSlow: Bool { deviations > Self.threshold && ratio > 1.1 }

    /// - Parameters:
    ///   - first: the first value.
    ///   - rest: those after it.
    public init(_ first: Double, rest: SortedValues) {
        let median = rest.median
        let scale = 1.4826 * rest.medianAbsoluteDeviation
        ratio = median != 0 ? first / median : .infinity
        deviations = scale > 0 ? (first - median) / scale : (first > median ? .infinity : 0)
    }
}
