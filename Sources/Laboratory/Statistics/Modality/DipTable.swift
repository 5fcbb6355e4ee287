/// The null distribution of the dip, simulated once: the table is `DipTable+Values.swift`.
///
/// Between sizes √n × dip is interpolated over √n, which settles fast; between probabilities it is linear.
enum DipTable {
    /// Below it a probability is only known to be smaller.
    static let smallestProbability = 0.0005

    static func probability(dip: Double, count: Int) -> Double {
        let scaled = dip * Double(count).squareRoot()
        guard count > 3 else { return 1 }
        let n = min(max(Double(count), counts[0]), counts[counts.count - 1])
        let upper = max(1, counts.firstIndex { $0 >= n } ?? counts.count - 1)
        let (from, to) = (counts[upper - 1].squareRoot(), counts[upper].squareRoot())
        let weight = (n.squareRoot() - from) / (to - from)
        let row = zip(scaledDips[upper - 1], scaledDips[upper]).map { $0 + weight * ($1 - $0) }
        if scaled <= row[0] { return 1 }
        for column in 1..<row.count where scaled <= row[column] {
            // The smallest samples have flat stretches: the dip is bounded below by 1/(2n).
            let width = row[column] - row[column - 1]
            let part = width > 0 ? (scaled - row[column - 1]) / width : 1
            let cumulative =
                probabilities[column - 1] + part * (probabilities[column] - probabilities[column - 1])
            return 1 - cumulative
        }
        return smallestProbability
    }
}
