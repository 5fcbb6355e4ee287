/// Where each value of one sample stands among the other's: what the variance of a rank statistic is made of.
struct Placements {
    /// For each of `x`, shifted: the share of `y` below it, ties counted half; in the order given.
    var first: [Double]
    /// For each of `y`: the share of shifted `x` below it.
    var second: [Double]

    init(_ x: [Double], _ y: [Double], shift: Double, sortedX: SortedValues, sortedY: SortedValues) {
        first = x.map { Self.share(of: sortedY.values, below: $0 + shift) }
        second = y.map { Self.share(of: sortedX.values, below: $0 - shift) }
    }

    /// The share of pairs in which the second sample's value is the greater.
    var superiority: Double { second.reduce(0, +) / Double(second.count) }

    private static func share(of sorted: [Double], below value: Double) -> Double {
        let under = bound(sorted) { $0 < value }
        let notOver = bound(sorted) { $0 <= value }
        return Double(under + notOver) / 2 / Double(sorted.count)
    }

    /// How many lead the sorted values as long as `holds`.
    private static func bound(_ sorted: [Double], _ holds: (Double) -> Bool) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if holds(sorted[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
