/// Hartigan and Hartigan's dip (1985): how far a sample's distribution function is from the nearest unimodal one.
///
/// Their algorithm AS 217: the greatest convex minorant and least concave majorant of the distribution function on an
/// interval that shrinks to the modal one; distances are counted in half steps of 1/n until the end.
public struct Dip: Equatable, Sendable {
    /// Between 1/(2n) and 1/4.
    public let value: Double
    /// Probability of such a dip, or a larger one, in a uniform sample of this size: the least favourable unimodal one.
    /// Never given below `DipTable.smallestProbability`.
    public let p: Double

    public init(_ sorted: SortedValues) {
        value = Self.dip(sorted.values)
        p = DipTable.probability(dip: value, count: sorted.count)
    }

    static func dip(_ x: [Double]) -> Double {
        let n = x.count
        guard n > 1, x[0] < x[n - 1] else { return 0.5 / Double(n) }
        return x.withUnsafeBufferPointer { x in
            let minorant = minorantLinks(x)
            let majorant = majorantLinks(x)
            var low = 0
            var high = n - 1
            var dip = 1.0
            while true {
                let convex = Array(chain(from: high, to: low, minorant))
                let concave = Array(chain(from: low, to: high, majorant))
                let gap = largestGap(x, convex, concave)
                if gap.distance < dip { break }
                dip = max(
                    dip, largestStep(x, convex, from: gap.convex, .below),
                    largestStep(x, concave, from: gap.concave, .above))
                let (newLow, newHigh) = (convex[gap.convex], concave[gap.concave])
                if newLow == low, newHigh == high { break }
                low = newLow
                high = newHigh
            }
            return dip / Double(2 * n)
        }
    }

    /// For each point the corner before it on the greatest convex minorant up to there.
    private static func minorantLinks(_ x: UnsafeBufferPointer<Double>) -> [Int] {
        var link = [Int](repeating: 0, count: x.count)
        for j in 1..<x.count {
            link[j] = j - 1
            while true {
                let k = link[j]
                let before = link[k]
                if k == 0 || (x[j] - x[k]) * Double(k - before) < (x[k] - x[before]) * Double(j - k) { break }
                link[j] = before
            }
        }
        return link
    }

    /// For each point the corner after it on the least concave majorant from there.
    private static func majorantLinks(_ x: UnsafeBufferPointer<Double>) -> [Int] {
        let last = x.count - 1
        var link = [Int](repeating: last, count: x.count)
        for j in stride(from: last - 1, through: 0, by: -1) {
            link[j] = j + 1
            while true {
                let k = link[j]
                let after = link[k]
                if k == last || (x[j] - x[k]) * Double(k - after) < (x[k] - x[after]) * Double(j - k) { break }
                link[j] = after
            }
        }
        return link
    }

    private static func chain(from start: Int, to end: Int, _ link: [Int]) -> [Int] {
        var points = [start]
        var point = start
        while point != end {
            point = link[point]
            points.append(point)
        }
        return points
    }

    /// The largest distance between the two curves, and the corners of each it lies at.
    ///
    /// `convex` descends from the interval's high end, `concave` ascends from its low end; both are walked upwards.
    private static func largestGap(
        _ x: UnsafeBufferPointer<Double>, _ convex: [Int], _ concave: [Int]
    ) -> (distance: Double, convex: Int, concave: Int) {
        var best = (distance: 0.0, convex: convex.count - 1, concave: concave.count - 1)
        guard convex.count > 2 || concave.count > 2 else { return (1, best.convex, best.concave) }
        var i = convex.count - 2
        var j = 1
        repeat {
            let (lower, upper) = (convex[i], concave[j])
            if lower > upper {
                let start = convex[i + 1]
                let distance =
                    Double(upper - start + 1) - (x[upper] - x[start]) * Double(lower - start) / (x[lower] - x[start])
                j += 1
                if distance >= best.distance { best = (distance, i + 1, j - 1) }
            } else {
                let start = concave[j - 1]
                let distance =
                    (x[lower] - x[start]) * Double(upper - start) / (x[upper] - x[start]) - Double(lower - start - 1)
                i -= 1
                if distance >= best.distance { best = (distance, i + 1, j) }
            }
            i = max(i, 0)
            j = min(j, concave.count - 1)
        } while convex[i] != concave[j]
        return best
    }

    private enum Side { case below, above }

    /// The largest distance between a curve and the distribution function's steps, from one of its corners on.
    private static func largestStep(
        _ x: UnsafeBufferPointer<Double>, _ corners: [Int], from first: Int, _ side: Side
    ) -> Double {
        var largest = 0.0
        for corner in first..<max(first, corners.count - 1) {
            var step = 1.0
            let start = min(corners[corner], corners[corner + 1])
            let end = max(corners[corner], corners[corner + 1])
            if end - start > 1, x[end] != x[start] {
                let slope = Double(end - start) / (x[end] - x[start])
                for k in start...end {
                    let line = (x[k] - x[start]) * slope
                    step = max(step, side == .below ? Double(k - start + 1) - line : line - Double(k - start - 1))
                }
            }
            largest = max(largest, step)
        }
        return largest
    }
}
