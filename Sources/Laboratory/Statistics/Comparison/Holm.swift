/// Holm's step-down correction (1979): the family's error rate stays at the level each corrected value is compared with.
public enum Holm {
    /// The corrected probabilities, in the order given.
    public static func adjust(_ probabilities: [Double]) -> [Double] {
        let order = probabilities.indices.sorted { probabilities[$0] < probabilities[$1] }
        var adjusted = probabilities
        var largest = 0.0
        for (rank, index) in order.enumerated() {
            largest = max(largest, min(1, Double(order.count - rank) * probabilities[index]))
            adjusted[index] = largest
        }
        return adjusted
    }
}
