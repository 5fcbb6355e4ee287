/// A closed interval.
public struct Interval: Codable, Equatable, Sendable {
    public var low: Double
    public var high: Double

    public init(_ low: Double, _ high: Double) {
        self.low = low
        self.high = high
    }

    /// The larger absolute value of its two ends.
    public var bound: Double { max(abs(low), abs(high)) }
    public func contains(_ value: Double) -> Bool { low <= value && value <= high }
}
