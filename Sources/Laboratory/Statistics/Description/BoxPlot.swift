/// The numbers of a box plot as Tukey draws it: whiskers end at the last value within 1.5 × the box's height.
public struct BoxPlot: Equatable, Sendable {
    public var lowerWhisker: Double
    public var lowerQuartile: Double
    public var median: Double
    public var upperQuartile: Double
    public var upperWhisker: Double
    /// The values beyond the whiskers, ascending. They are shown, never removed.
    public var outliers: [Double]

    public init(_ sorted: SortedValues) {
        lowerQuartile = sorted.quantile(0.25)
        median = sorted.median
        upperQuartile = sorted.quantile(0.75)
        let reach = 1.5 * (upperQuartile - lowerQuartile)
        let (low, high) = (lowerQuartile - reach, upperQuartile + reach)
        lowerWhisker = sorted.values.first { $0 >= low } ?? sorted.minimum
        upperWhisker = sorted.values.last { $0 <= high } ?? sorted.maximum
        outliers = sorted.values.filter { $0 < low || $0 > high }
    }
}
