/// The empirical distribution function, as the corners of its staircase.
public struct EmpiricalDistribution: Equatable, Sendable {
    public struct Step: Equatable, Sendable {
        public var value: Double
        /// Share of the values that are at most `value`.
        public var share: Double
    }

    /// Ascending in both; the last share is 1.
    public var steps: [Step]

    /// - Parameter limit: the most steps wanted. Beyond it evenly spaced shares are kept, the first and last value always.
    public init(_ sorted: SortedValues, limit: Int = .max) {
        let count = sorted.count
        var steps: [Step] = []
        for (index, value) in sorted.values.enumerated() {
            let share = Double(index + 1) / Double(count)
            if let last = steps.last, last.value == value {
                steps[steps.count - 1].share = share
            } else {
                steps.append(Step(value: value, share: share))
            }
        }
        if steps.count > limit, limit >= 2 {
            let stride = Double(steps.count - 1) / Double(limit - 1)
            steps = (0..<limit).map { steps[Int(within: (Double($0) * stride).rounded())] }
        }
        self.steps = steps
    }
}
