import Glibc

/// One value and the block in which it was measured.
public struct BlockValue: Equatable, Sendable {
    public var block: Int
    public var value: Double

    public init(block: Int, _ value: Double) {
        self.block = block
        self.value = value
    }
}

/// By how much two samples differ: the Hodges–Lehmann shift, its 95 % interval and its probability.
///
/// The share of pairs in which one sample's value is the greater is a U-statistic. Its variance is that of the placements
/// (Brunner and Munzel, 2000): neither a common shape nor a common spread is assumed, for a process's start and a guest's have
/// neither. Where both samples have a value in the same blocks, the placements are also taken block by block, so that what a
/// block does to both cancels; the narrower of the two intervals is used. The block's has Student's quantile, the
/// independent one's is 2: simulated, the choice covers at least 94 % from six blocks on.
///
/// The probability is the studentized test's, and never below two others': Mann and Whitney's (Wilcoxon's in blocks), whose
/// small-sample distribution is exact, and 2^(1−n), that of n blocks that all point one way, beyond which no n can testify
/// whatever its values.
public struct Shift: Equatable, Sendable {
    public enum Analysis: String, Codable, Sendable {
        /// Block by block.
        case blocks
        /// As two independent samples.
        case independent
    }

    public let value: Double
    /// Nil under six values on either side.
    public let interval: Interval?
    public let p: Double
    /// Cliff's delta, −1 … 1; positive: the second sample's values are greater.
    public let cliffsDelta: Double
    public let analysis: Analysis
    /// How much the interval was widened because successive blocks resemble each other; at least 1.
    public let widening: Double
    /// Standard error of the shift, as far as its interval tells.
    public let error: Double?
    /// Values on the smaller side, or shared blocks.
    public let count: Int

    public static let minimumCount = MedianInterval.minimumCount
    /// How often an interval holds the true shift, unless another share is asked for.
    public static let usualLevel = 0.95
    /// Of the independent analysis: 95.4 % of a normal distribution, for what estimating the variance costs.
    static let reach = 2.0

    /// - Parameters:
    ///   - x: the reference's values, at least one; no block twice.
    ///   - y: the other's.
    ///   - blocked: both were measured in the same blocks; else their block numbers only give the order.
    ///   - level: the share of intervals that hold the true shift.
    public init(from x: [BlockValue], to y: [BlockValue], blocked: Bool = true, level: Double = Shift.usualLevel) {
        let x = x.sorted { $0.block < $1.block }
        let y = y.sorted { $0.block < $1.block }
        let first = SortedValues(x.map(\.value))
        let second = SortedValues(y.map(\.value))
        let blocks = blocked ? SharedBlocks(x, y) : nil
        value = HodgesLehmann.shift(from: first, to: second)
        cliffsDelta = MannWhitney(second, first).cliffsDelta
        let least = min(x.count, y.count)
        guard least >= Self.minimumCount else {
            interval = nil
            error = nil
            p = 1
            analysis = .independent
            widening = 1
            count = least
            return
        }
        let here = Spread(x, y, first, second, shift: value, blocks, level: level)
        analysis = here.analysis
        widening = here.widening
        count = here.analysis == .blocks ? blocks?.count ?? least : least
        let plain = here.interval(first, second)
        let around = Interval(
            value - here.widening * (value - plain.low), value + here.widening * (plain.high - value))
        interval = around
        error = (around.high - around.low) / (2 * here.quantile)
        let atZero = Spread(x, y, first, second, shift: 0, blocks, level: level, analysis: here.analysis)
        let exact: Double
        if here.analysis == .blocks, let blocks {
            exact = SignedRank(blocks.pairs.map { y[$0.second].value - x[$0.first].value }).p
        } else {
            exact = MannWhitney(second, first).p
        }
        p = min(1, max(atZero.probability, exact, Self.resolution(count)))
    }

    /// The least probability that so many blocks can give.
    public static func resolution(_ blocks: Int) -> Double { min(1, pow(2, Double(1 - blocks))) }
}

/// The blocks both samples have a value in.
private struct SharedBlocks {
    /// Indices into the two samples.
    var pairs: [(first: Int, second: Int)] = []
    var count: Int { pairs.count }

    init?(_ x: [BlockValue], _ y: [BlockValue]) {
        var i = 0
        var j = 0
        while i < x.count, j < y.count {
            if x[i].block == y[j].block {
                pairs.append((i, j))
                i += 1
                j += 1
            } else if x[i].block < y[j].block {
                i += 1
            } else {
                j += 1
            }
        }
        guard pairs.count >= Shift.minimumCount else { return nil }
    }
}

/// The variance of the share of pairs at one shift, by the better of two analyses.
private struct Spread {
    let analysis: Shift.Analysis
    /// Of the share; not yet widened.
    let variance: Double
    let quantile: Double
    let freedom: Double
    let widening: Double
    /// Share of pairs in which the second sample's value is the greater.
    let superiority: Double

    init(
        _ x: [BlockValue], _ y: [BlockValue], _ first: SortedValues, _ second: SortedValues, shift: Double,
        _ blocks: SharedBlocks?, level: Double, analysis wanted: Shift.Analysis? = nil
    ) {
        let placements = Placements(
            x.map(\.value), y.map(\.value), shift: shift, sortedX: first, sortedY: second)
        superiority = placements.superiority
        let (a, b) = (placements.first, placements.second)
        let (n, m) = (Double(a.count), Double(b.count))
        let (meanA, meanB) = (a.reduce(0, +) / n, b.reduce(0, +) / m)
        var squaresA = 0.0
        for value in a { squaresA += (value - meanA) * (value - meanA) }
        var squaresB = 0.0
        for value in b { squaresB += (value - meanB) * (value - meanB) }
        let (partA, partB) = (squaresA / (n - 1) / n, squaresB / (m - 1) / m)
        let independent = partA + partB
        var inBlocks: Double?
        if let blocks {
            // Blocks as clusters: a block's part in the share is what its values add to it.
            var covariance = 0.0
            for pair in blocks.pairs {
                covariance += (a[pair.first] - meanA) / n * ((b[pair.second] - meanB) / m)
            }
            let size = Double(blocks.count)
            inBlocks = max(0, size / (size - 1) * (squaresA / (n * n) + squaresB / (m * m) - 2 * covariance))
        }
        let bottom = partA * partA / (n - 1) + partB * partB / (m - 1)
        let independentFreedom = bottom > 0 ? independent * independent / bottom : n + m - 2
        let isUsual = level == Shift.usualLevel
        func quantile(_ freedom: Double) -> Double { StudentT.quantile((1 + level) / 2, freedom: freedom) }
        let student =
            blocks.map { isUsual ? StudentT.reach($0.count - 1) : quantile(Double($0.count - 1)) } ?? .infinity
        let reach = isUsual ? Shift.reach : quantile(independentFreedom)
        let choice: Shift.Analysis
        if let wanted {
            choice = wanted
        } else if let inBlocks, student * inBlocks.squareRoot() < reach * independent.squareRoot() {
            choice = .blocks
        } else {
            choice = .independent
        }
        analysis = choice
        if choice == .blocks, let blocks, let inBlocks {
            variance = inBlocks
            self.quantile = student
            freedom = Double(blocks.count - 1)
        } else {
            variance = independent
            self.quantile = reach
            freedom = independentFreedom
        }
        if let blocks {
            widening = Persistence(blocks.pairs.map { a[$0.first] - b[$0.second] }).factor
        } else {
            let (widerA, widerB) = (Persistence(a).factor, Persistence(b).factor)
            widening =
                independent > 0
                ? ((partA * widerA * widerA + partB * widerB * widerB) / independent).squareRoot() : 1
        }
    }

    /// Before it is widened.
    func interval(_ x: SortedValues, _ y: SortedValues) -> Interval {
        let total = x.count * y.count
        guard variance > 0 else { return Interval(y.minimum - x.maximum, y.maximum - x.minimum) }
        let reach = quantile * variance.squareRoot() * Double(total)
        let low = max(1, Int(within: (Double(total) / 2 - reach).rounded(.down)))
        let high = min(total, Int(within: (Double(total) / 2 + reach).rounded(.up)))
        return Interval(
            HodgesLehmann.difference(rank: low, x.values, y.values),
            HodgesLehmann.difference(rank: high, x.values, y.values))
    }

    /// Of the share being so far from one half, with Student's distribution.
    var probability: Double {
        let distance = abs(superiority - 0.5)
        guard distance > 0 else { return 1 }
        guard variance > 0 else { return 0 }
        let t = distance / (variance.squareRoot() * widening)
        return min(1, 2 * (1 - StudentT.cumulative(t, freedom: freedom)))
    }
}
