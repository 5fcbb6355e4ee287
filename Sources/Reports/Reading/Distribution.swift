import Statistics

/// A lane's values of one span, sorted, with what a box and a curve need of them.
struct Distribution: Sendable {
    /// Those that are numbers, in the order in which they were measured.
    let values: [Double]
    /// Nothing measured is greater: what is, is no figure, and its sums and squares would be none either.
    private static let greatest = 1e30
    /// Nil without values.
    private let ordered: SortedValues?

    init(_ values: [Double]) {
        self.values = values.filter { abs($0) <= Self.greatest }
        ordered = self.values.isEmpty ? nil : SortedValues(self.values)
    }

    var sorted: [Double] { ordered?.values ?? [] }
    var count: Int { values.count }
    var isEmpty: Bool { values.isEmpty }
    var median: Double { quantile(0.5) }

    /// Linear between order statistics; NaN without values.
    func quantile(_ probability: Double) -> Double { ordered?.quantile(probability) ?? .nan }

    /// A 95 % interval of the median from order statistics, free of any assumption on the distribution: the ranks that
    /// a binomial with p = ½ leaves outside with at most 5 %; nil under six values, where none exists.
    var medianInterval: (low: Double, high: Double)? {
        guard count >= 6 else { return nil }
        let size = Double(count)
        let rank = max(Int(within: (size / 2 - 0.98 * size.squareRoot() - 0.5).rounded(.down)), 0)
        return (sorted[rank], sorted[count - 1 - rank])
    }

    /// At most `limit` of the values for drawing, deterministically: every kth in the order of measuring, and always
    /// the smallest and the greatest, so that no outlier disappears from the picture.
    func thinned(to limit: Int) -> [Double] {
        guard count > limit, limit > 2, let least = sorted.first, let greatest = sorted.last else { return values }
        let step = Double(count) / Double(limit - 2)
        return [least, greatest] + (0..<(limit - 2)).map { values[min(Int(within: Double($0) * step), count - 1)] }
    }
}
