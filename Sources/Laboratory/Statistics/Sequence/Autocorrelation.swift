import Glibc

/// Correlation of each value with the one measured before it.
public struct Autocorrelation: Equatable, Sendable {
    /// Lag-1 coefficient, −1 … 1.
    public let coefficient: Double
    /// Two-sided probability of it when the values are independent (normal approximation, variance 1/n).
    public let p: Double

    /// - Parameter values: in the order measured; at least three.
    public init(_ values: [Double]) {
        precondition(values.count > 2, "an autocorrelation needs three values")
        let mean = values.reduce(0, +) / Double(values.count)
        var products = 0.0
        var squares = 0.0
        for (index, value) in values.enumerated() {
            squares += (value - mean) * (value - mean)
            if index > 0 { products += (value - mean) * (values[index - 1] - mean) }
        }
        coefficient = squares > 0 ? products / squares : 0
        p = min(1, 2 * Normal.upperTail(abs(coefficient) * Double(values.count).squareRoot()))
    }
}
