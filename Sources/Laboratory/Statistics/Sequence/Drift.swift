/// Whether values rise or fall in the order they were measured: Mann (1945) and Kendall's test, corrected for ties and
/// continuity, with Theil and Sen's slope.
public struct Drift: Equatable, Sendable {
    /// Pairs that rise less pairs that fall.
    public let score: Int
    /// Two-sided probability of such a score without a drift.
    public let p: Double
    /// Median slope, per place in the order.
    public let slope: Double

    /// The most values of which every pair's slope is taken; above it consecutive values are first reduced to that many
    /// group medians, which changes the slope by less than its own error.
    static let largestPairwise = 600

    /// - Parameter values: in the order measured; at least two.
    public init(_ values: [Double]) {
        precondition(values.count > 1, "a drift needs two values")
        let n = values.count
        let sorted = values.sorted()
        var tiedPairs = 0
        var correction = 0.0
        var start = 0
        while start < n {
            var end = start
            while end < n, sorted[end] == sorted[start] { end += 1 }
            let t = end - start
            tiedPairs += t * (t - 1) / 2
            correction += Double(t) * Double(t - 1) * Double(2 * t + 5)
            start = end
        }
        var working = values
        var scratch = values
        let falling = Self.inversions(&working, &scratch, 0, n)
        score = n * (n - 1) / 2 - tiedPairs - 2 * falling
        let variance = (Double(n) * Double(n - 1) * Double(2 * n + 5) - correction) / 18
        let distance = Double(abs(score)) - 1
        p = variance > 0 && distance > 0 ? min(1, 2 * Normal.upperTail(distance / variance.squareRoot())) : 1
        slope = Self.slope(values)
    }

    /// Pairs whose earlier value is the greater, by merging.
    private static func inversions(
        _ values: inout [Double], _ scratch: inout [Double], _ start: Int, _ end: Int
    ) -> Int {
        guard end - start > 1 else { return 0 }
        let middle = start + (end - start) / 2
        var total = inversions(&values, &scratch, start, middle) + inversions(&values, &scratch, middle, end)
        var left = start
        var right = middle
        for place in start..<end {
            if left < middle, right == end || values[left] <= values[right] {
                scratch[place] = values[left]
                left += 1
            } else {
                scratch[place] = values[right]
                right += 1
                total += middle - left
            }
        }
        for place in start..<end { values[place] = scratch[place] }
        return total
    }

    /// Theil and Sen's slope.
    static func slope(_ values: [Double]) -> Double {
        var points: [(place: Double, value: Double)] = []
        if values.count <= largestPairwise {
            points = values.enumerated().map { (Double($0.offset), $0.element) }
        } else {
            for group in 0..<largestPairwise {
                let start = group * values.count / largestPairwise
                let end = (group + 1) * values.count / largestPairwise
                var members = Array(values[start..<end])
                points.append((Double(start + end - 1) / 2, Selection.median(of: &members)))
            }
        }
        var slopes: [Double] = []
        slopes.reserveCapacity(points.count * (points.count - 1) / 2)
        for i in points.indices {
            for j in (i + 1)..<points.count {
                slopes.append((points[j].value - points[i].value) / (points[j].place - points[i].place))
            }
        }
        return Selection.median(of: &slopes)
    }
}
