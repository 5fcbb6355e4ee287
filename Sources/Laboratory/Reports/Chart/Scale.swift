import Statistics

/// Maps values to places on an axis, and says where its ticks belong.
struct Scale: Sendable {
    enum Kind: Sendable { case linear, logarithmic }

    /// Steps and powers of less cannot be told from nothing.
    private static let smallest = 1e-30
    /// Lines of one axis at most.
    private static let greatestTicks = 1000

    let kind: Kind
    let low: Double
    let high: Double
    /// Where `low` and `high` are drawn.
    let start: Double
    let end: Double

    /// A linear scale from 0 (or from the least value, if negative) to a round number above the greatest.
    static func linear(_ values: [Double], from start: Double, to end: Double, ticks: Int = 6, unit: String = "ns")
        -> Self
    {
        let greatest = values.filter(\.isFinite).max() ?? 1
        let least = min(values.filter(\.isFinite).min() ?? 0, 0)
        let span = greatest > least ? greatest - least : 1
        let step = roundStep(span / Double(max(ticks - 1, 1)), unit: unit, around: max(greatest, -least))
        return Self(
            kind: .linear, low: (least / step).rounded(.down) * step, high: ((least + span) / step).rounded(.up) * step,
            start: start, end: end)
    }

    /// A logarithmic scale; its ends are 1, 2 or 5 times a power of ten. Values that are not positive do not count.
    static func logarithmic(_ values: [Double], from start: Double, to end: Double) -> Self {
        let usable = values.filter { $0.isFinite && $0 > smallest }
        let least = usable.min() ?? 1
        let greatest = usable.max() ?? 10
        let low = Self.round(least * 0.97, up: false)
        var high = Self.round(greatest * 1.03, up: true)
        if high <= low { high = low * 10 }
        return Self(kind: .logarithmic, low: low, high: high, start: start, end: end)
    }

    func callAsFunction(_ value: Double) -> Double {
        let fraction: Double
        switch kind {
        case .linear: fraction = (value - low) / (high - low)
        case .logarithmic: fraction = logarithm(max(value, low) / low) / logarithm(high / low)
        }
        return start + min(max(fraction, 0), 1) * (end - start)
    }

    /// The places that get a line and a label; fewer where they would crowd.
    func ticks(spacing: Double = 64, unit: String = "ns") -> [Double] {
        switch kind {
        case .linear:
            let room = max(Int(within: abs(end - start) / (spacing * 0.75)), 1)
            let step = Self.roundStep((high - low) / Double(room), unit: unit, around: high)
            let count = Int(within: ((high - low) / step + 1e-9).rounded(.down))
            return (0...max(0, min(count, Self.greatestTicks))).map { low + Double($0) * step }
        case .logarithmic:
            let decades = logarithm(high / low) / logarithm(10)
            let perDecade = abs(end - start) / max(decades, 0.1)
            let multiples = perDecade >= 3 * spacing ? [1.0, 2, 5] : [1.0]
            let all = Self.multiples(multiples, from: low, to: high)
            let skip = max(Int(within: (spacing * 0.8 / perDecade).rounded(.up)), 1)
            return multiples.count > 1 ? all : all.enumerated().filter { $0.offset % skip == 0 }.map(\.element)
        }
    }

    /// Fine lines between the ticks of a logarithmic scale.
    func minorTicks() -> [Double] {
        guard kind == .logarithmic else { return [] }
        return Self.multiples([1, 2, 3, 4, 5, 6, 7, 8, 9], from: low, to: high)
    }

    private static func multiples(_ multiples: [Double], from low: Double, to high: Double) -> [Double] {
        var result: [Double] = []
        var decade = power(floor(logarithm(low) / logarithm(10) + 1e-9))
        while decade <= high * 1.0001 {
            for multiple in multiples {
                let value = decade * multiple
                if value >= low * 0.9999 && value <= high * 1.0001 { result.append(value) }
            }
            decade *= 10
        }
        return result
    }

    /// 1, 2 or 5 times a power of ten next to a value.
    private static func round(_ value: Double, up: Bool) -> Double {
        let decade = power(floor(logarithm(value) / logarithm(10) + 1e-12))
        let steps = [1.0, 2, 5, 10].map { $0 * decade }
        if up { return steps.first { $0 >= value * 0.999999 } ?? decade * 10 }
        return steps.last { $0 <= value * 1.000001 } ?? decade
    }

    /// A step people count in: 1, 2, 2.5 or 5 times a power of ten; of bytes, in the unit the axis is labelled in.
    private static func roundStep(_ step: Double, unit: String, around greatest: Double) -> Double {
        guard step > smallest, step.isFinite else { return 1 }
        let size = unit == "B" ? Quantity.unit(for: greatest, unit).size : 1
        let scaled = step / size
        let decade = power(floor(logarithm(scaled) / logarithm(10) + 1e-12))
        let factor = [1.0, 2, 2.5, 5, 10].first { $0 * decade >= scaled * 0.999999 } ?? 10
        return factor * decade * size
    }

    private static func floor(_ value: Double) -> Int { Int(within: value.rounded(.down)) }

    private static func power(_ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<abs(exponent) { result *= 10 }
        return exponent < 0 ? 1 / result : result
    }
}
