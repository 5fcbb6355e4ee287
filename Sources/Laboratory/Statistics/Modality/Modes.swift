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
///
/// Two kinds of evidence count. The dip test is exact about its error, but weak for a second mode that is small or wide:
/// fifty values of which eleven lie at twice the rest pass it. So a clear gap counts too: one at least twice as wide as
/// the quartiles of either side are apart, with enough values on both. Of normal, exponential, Student (2) and uniform
/// samples of 30 or more, under 1 in 100 show such a gap (`ModalityTests`).
public struct Modality: Equatable, Sendable {
    /// Of the values with their ties spread.
    public let dip: Dip
    /// Two or more, ascending, where there are; else empty.
    public let modes: [Mode]

    /// Width of a clear gap, by the larger interquartile range beside it.
    static let clearGap = 2.0
    /// Fewest values on either side of it.
    static let fewestBesideGap = 5

    /// - Parameters:
    ///   - rounded: the values; ties are taken for rounding, see `unrounded`.
    ///   - significance: of the dip test.
    ///   - smallestShare: peaks with less are not modes.
    public init(_ rounded: SortedValues, significance: Double = 0.01, smallestShare: Double = 0.1) {
        let sorted = Self.unrounded(rounded)
        dip = Dip(sorted)
        let least = max(2, Int(within: (smallestShare * Double(sorted.count)).rounded(.up)))
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

    /// Spreads ties evenly over the width they were rounded to.
    ///
    /// Every value of a clock that ticks in microseconds, or of memory that comes in pages, is a mode to the dip test
    /// once there are enough of them. The width is the lower quartile of the distances between distinct neighbours:
    /// the tick where values are rounded, next to nothing where a tie is an accident.
    private static func unrounded(_ sorted: SortedValues) -> SortedValues {
        let values = sorted.values
        var distances = zip(values, values.dropFirst()).map { $1 - $0 }.filter { $0 > 0 }
        guard !distances.isEmpty, distances.count < values.count - 1 else { return sorted }
        let width = Selection.quantile(0.25, of: &distances)
        var spread = values
        var start = 0
        while start < values.count {
            var end = start + 1
            while end < values.count, values[end] == values[start] { end += 1 }
            for place in start..<end {
                let share = (Double(place - start) + 0.5) / Double(end - start)
                spread[place] += width * (share - 0.5)
            }
            start = end
        }
        return SortedValues(spread)
    }

    /// Parts values with evidence of two modes, and the parts again where they have it.
    private static func parts(
        _ values: ArraySlice<Double>, significance: Double, least: Int
    ) -> [ArraySlice<Double>] {
        let sorted = SortedValues(values)
        var found: [ArraySlice<Double>] = []
        if Dip(sorted).p < significance { found = divide(sorted, least: least) }
        if found.count < 2 { found = divideAtGap(sorted, least: max(least, fewestBesideGap)) }
        guard found.count > 1 else { return [values] }
        return found.flatMap { parts($0, significance: significance, least: least) }
    }

    /// Parts at the clearest gap, where there is a clear one.
    private static func divideAtGap(_ sorted: SortedValues, least: Int) -> [ArraySlice<Double>] {
        let values = sorted.values
        guard values.count >= 2 * least else { return [] }
        var best = (place: 0, clearness: clearGap)
        for place in least...(values.count - least) {
            let gap = values[place] - values[place - 1]
            guard gap > 0 else { continue }
            let beside = max(spread(values, 0, place), spread(values, place, values.count))
            let clearness = beside > 0 ? gap / beside : .infinity
            if clearness >= best.clearness { best = (place, clearness) }
        }
        return best.place > 0 ? [values[..<best.place], values[best.place...]] : []
    }

    /// Interquartile range of a stretch of sorted values.
    private static func spread(_ values: [Double], _ start: Int, _ end: Int) -> Double {
        func quantile(_ p: Double) -> Double {
            let place = Double(end - start - 1) * p
            let below = start + Int(within: place)
            guard below + 1 < end else { return values[end - 1] }
            return values[below] + (place - place.rounded(.down)) * (values[below + 1] - values[below])
        }
        return quantile(0.75) - quantile(0.25)
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
            counts[min(size - 1, max(0, Int(within: ((value - low) / step).rounded())))] += 1
        }
        let reach = min(size, Int(within: (4 * bandwidth / step).rounded(.up)))
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
