import Glibc

/// A peak of a distribution, with the values around it.
public struct Mode: Equatable, Sendable {
    /// The median of the values that belong to it.
    public var location: Double
    /// Share of all values.
    public var share: Double
    /// Its least and greatest value.
    public var range: Interval
}

/// Whether a distribution has more than one mode, and which.
public struct Modality: Equatable, Sendable {
    public let dip: Dip
    /// Two or more, ascending, when the dip is significant and the peaks can be told apart; else empty.
    public let modes: [Mode]

    /// - Parameters:
    ///   - significance: of the dip test.
    ///   - smallestShare: peaks with less are not modes.
    public init(_ sorted: SortedValues, significance: Double = 0.01, smallestShare: Double = 0.1) {
        dip = Dip(sorted)
        guard dip.p < significance else {
            modes = []
            return
        }
        let least = max(2, Int((smallestShare * Double(sorted.count)).rounded(.up)))
        let parts = Self.parts(sorted.values[...], significance: significance, least: least)
        guard parts.count > 1 else {
            modes = []
            return
        }
        modes = parts.map { part in
            let values = SortedValues(part)
            return Mode(
                location: values.median, share: Double(part.count) / Double(sorted.count),
                range: Interval(values.minimum, values.maximum))
        }
    }

    /// Parts values whose dip is significant, and the parts again where theirs is.
    private static func parts(
        _ values: ArraySlice<Double>, significance: Double, least: Int
    ) -> [ArraySlice<Double>] {
        let sorted = SortedValues(values)
        guard Dip(sorted).p < significance else { return [values] }
        let found = divide(sorted, least: least)
        guard found.count > 1 else { return [values] }
        return found.flatMap { parts($0, significance: significance, least: least) }
    }

    /// Lowers the bandwidth of a kernel density from Silverman's until a second peak worth its name appears (the
    /// critical bandwidth of his test, 1981): what is seen first is what is most apart. Valleys part the values.
    private static func divide(_ sorted: SortedValues, least: Int) -> [ArraySlice<Double>] {
        let spread = sorted.quantile(0.75) - sorted.quantile(0.25)
        let deviation = sorted.variance.squareRoot()
        let scale = spread > 0 ? min(deviation, spread / 1.34) : deviation
        guard scale > 0 else { return [] }
        var bandwidth = 0.9 * scale * pow(Double(sorted.count), -0.2)
        for _ in 0..<12 {
            let valleys = Density(sorted, bandwidth: bandwidth).valleys()
            let parts = split(sorted, at: valleys, least: least)
            if parts.count > 1 { return parts }
            bandwidth *= 0.8
        }
        return []
    }

    /// Parts at the valleys; a part too small joins the neighbour it is nearer to.
    private static func split(
        _ sorted: SortedValues, at valleys: [Double], least: Int
    ) -> [ArraySlice<Double>] {
        var parts: [ArraySlice<Double>] = []
        var rest = sorted.values[...]
        for valley in valleys {
            let end = rest.firstIndex { $0 > valley } ?? rest.endIndex
            if end > rest.startIndex { parts.append(rest[rest.startIndex..<end]) }
            rest = rest[end...]
        }
        if !rest.isEmpty { parts.append(rest) }
        while parts.count > 1,
            let small = parts.indices.filter({ parts[$0].count < least }).min(by: {
                parts[$0].count < parts[$1].count
            })
        {
            let before = small > 0 ? gap(parts[small - 1], parts[small]) : .infinity
            let after = small + 1 < parts.count ? gap(parts[small], parts[small + 1]) : .infinity
            let first = before <= after ? small - 1 : small
            parts[first] = sorted.values[parts[first].startIndex..<parts[first + 1].endIndex]
            parts.remove(at: first + 1)
        }
        return parts
    }

    private static func gap(_ lower: ArraySlice<Double>, _ upper: ArraySlice<Double>) -> Double {
        (upper.first ?? 0) - (lower.last ?? 0)
    }
}

/// A Gaussian kernel density on a grid over the central range; values beyond it are gathered at its ends.
struct Density {
    private static let size = 512
    private let start: Double
    private let step: Double
    private let heights: [Double]

    init(_ sorted: SortedValues, bandwidth: Double) {
        // A far outlier must not stretch the grid until the peaks share one cell.
        let spread = sorted.quantile(0.9) - sorted.quantile(0.1)
        let low = max(sorted.minimum, sorted.quantile(0.1) - 3 * spread) - 3 * bandwidth
        let high = min(sorted.maximum, sorted.quantile(0.9) + 3 * spread) + 3 * bandwidth
        let size = Self.size
        let step = (high - low) / Double(size - 1)
        start = low
        self.step = step
        var counts = [Double](repeating: 0, count: size)
        for value in sorted.values {
            counts[min(size - 1, max(0, Int(((value - low) / step).rounded())))] += 1
        }
        let reach = min(size, Int((4 * bandwidth / step).rounded(.up)))
        let kernel = (0...reach).map { exp(-0.5 * pow(Double($0) * step / bandwidth, 2)) }
        var heights = [Double](repeating: 0, count: size)
        for (place, count) in counts.enumerated() where count > 0 {
            for offset in -reach...reach where (0..<size).contains(place + offset) {
                heights[place + offset] += count * kernel[abs(offset)]
            }
        }
        self.heights = heights
    }

    /// Lowest places between neighbouring peaks, where the lowest is at most 0.8 of the lesser peak.
    func valleys() -> [Double] {
        var valleys: [Double] = []
        var peak = heights[0]
        var lowest = heights[0]
        var lowestPlace = 0
        var descending = false
        for place in 1..<heights.count {
            let height = heights[place]
            if !descending {
                if height > peak { peak = height }
                if height < 0.8 * peak {
                    descending = true
                    lowest = height
                    lowestPlace = place
                }
            } else if height < lowest {
                lowest = height
                lowestPlace = place
            } else if height > 0, lowest < 0.8 * height {
                // Rising out of the valley far enough: another peak.
                valleys.append(start + Double(lowestPlace) * step)
                descending = false
                peak = height
            }
        }
        return valleys
    }
}
