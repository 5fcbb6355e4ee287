import Statistics

/// A lane's values of one span, sorted, with what a box and a curve need of them.
struct Distribution: Sendable {
    /// Those that are numbers, in the order in which they were measured.
    let values: [Double]
    /// Of each, whether it was taken in a disturbed block.
    let disturbed: [Bool]
    /// Nothing measured is greater: what is, is no figure, and its sums and squares would be none either.
    private static let greatest = 1e30
    /// Nil without values.
    private let ordered: SortedValues?

    /// - Parameter disturbed: of each value, whether its block was disturbed; empty where none was.
    init(_ values: [Double], disturbed: [Bool] = []) {
        let kept = values.indices.filter { abs(values[$0]) <= Self.greatest }
        self.values = kept.map { values[$0] }
        self.disturbed = kept.map { $0 < disturbed.count && disturbed[$0] }
        ordered = self.values.isEmpty ? nil : SortedValues(self.values)
    }

    var sorted: [Double] { ordered?.values ?? [] }
    var count: Int { values.count }
    var isEmpty: Bool { values.isEmpty }
    var median: Double { quantile(0.5) }

    /// Linear between order statistics; NaN without values.
    func quantile(_ probability: Double) -> Double { ordered?.quantile(probability) ?? .nan }

    /// The 95 % interval of the median, as the summary's; nil under six values.
    var medianInterval: (low: Double, high: Double)? {
        MedianInterval.interval(values).map { ($0.low, $0.high) }
    }

    /// The places of at most `limit` of the values for drawing, deterministically: every kth in the order of measuring, and always
    /// the smallest and the greatest, so that no outlier disappears from the picture.
    func thinned(to limit: Int) -> [Int] {
        guard count > limit, limit > 2, let least = values.indices.min(by: { values[$0] < values[$1] }),
            let greatest = values.indices.max(by: { values[$0] < values[$1] })
        else { return Array(values.indices) }
        let step = Double(count) / Double(limit - 2)
        let others = (0..<(limit - 2)).map { place -> Int in min(Int(within: Double(place) * step), count - 1) }
        return [least, greatest] + others
    }
}
