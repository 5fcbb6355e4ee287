/// Keeps labels on one line from lying on one another.
enum Labels {
    /// Centres for labels of these widths, as near to where they belong as the gap and the bounds allow, in the same order.
    static func spread(_ wanted: [Double], widths: [Double], gap: Double, within bounds: ClosedRange<Double>)
        -> [Double]
    {
        let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
        var centres = wanted
        // Forwards: push each right of its neighbour; then backwards from the right edge.
        var edge = bounds.lowerBound
        for index in order {
            centres[index] = max(centres[index], edge + widths[index] / 2)
            edge = centres[index] + widths[index] / 2 + gap
        }
        edge = bounds.upperBound
        for index in order.reversed() {
            centres[index] = min(centres[index], edge - widths[index] / 2)
            edge = centres[index] - widths[index] / 2 - gap
        }
        return centres
    }

    /// The row, from 0, on which each label can stand without touching another; greedy, so the fewest rows for intervals.
    static func rows(_ centres: [Double], widths: [Double], gap: Double) -> [Int] {
        var ends: [Double] = []
        var result = Array(repeating: 0, count: centres.count)
        for index in centres.indices.sorted(by: { centres[$0] - widths[$0] / 2 < centres[$1] - widths[$1] / 2 }) {
            let left = centres[index] - widths[index] / 2
            if let row = ends.firstIndex(where: { $0 + gap <= left }) {
                result[index] = row
                ends[row] = centres[index] + widths[index] / 2
            } else {
                result[index] = ends.count
                ends.append(centres[index] + widths[index] / 2)
            }
        }
        return result
    }
}
