/// How much wider an interval must be because successive values resemble each other.
///
/// A mean or median of values with lag-1 correlation ρ scatters √((1 + ρ)/(1 − ρ)) times as much as one of independent
/// values. ρ is that of the ranks, so that one stray value does not decide it, and is freed of the bias that short sequences
/// have (−(1 + 3ρ)/n). Under half a standard error of it nothing is widened: widening on every chance correlation would cost
/// independent values a tenth of their precision for nothing.
public struct Persistence: Equatable, Sendable {
    /// ρ as it is used; 0 where nothing is widened.
    public let correlation: Double
    /// At least 1.
    public var factor: Double { ((1 + correlation) / (1 - correlation)).squareRoot() }

    /// The most that is believed of a short sequence.
    static let largest = 0.95

    /// - Parameter values: in the order measured.
    public init(_ values: [Double]) {
        guard values.count > 2 else {
            correlation = 0
            return
        }
        let n = Double(values.count)
        let found = Autocorrelation(Ranks.of(values)).coefficient
        correlation = found > 0.5 / n.squareRoot() ? min(Self.largest, found + (1 + 3 * found) / n) : 0
    }
}
