import Glibc
import Testing

@testable import Statistics

/// Does what the intervals promise hold? Fixed seeds: the same figures on every machine.
@Suite struct SimulationTests {
    enum Shape: String, CaseIterable, Sendable {
        case normal, skewed, outliers

        func draw(_ generator: inout SeededGenerator) -> Double {
            let z = generator.normal()
            switch self {
            case .normal: return z
            case .skewed: return exp(0.5 * z) - 1
            case .outliers: return generator.unit() < 0.1 ? z + 10 * generator.unit() : z
            }
        }
    }

    private func sample(
        _ shape: Shape, _ count: Int, scale: Double = 1, _ generator: inout SeededGenerator
    ) -> [BlockValue] {
        (0..<count).map { BlockValue(block: $0, scale * shape.draw(&generator)) }
    }

    /// A simulated share of 94 % may come out this much lower by chance, two standard errors of so many tries.
    private func tolerance(_ tries: Int) -> Double { 2 * (0.94 * 0.06 / Double(tries)).squareRoot() }

    /// The interval of a shift between lanes of equal and of very unlike spread covers at least 94 % at every n offered.
    @Test(arguments: [6, 7, 8, 10, 12, 20]) func shiftCovers(count: Int) {
        let tries = count < 20 ? 400 : 250
        for (shape, scale) in [(Shape.normal, 1.0), (.skewed, 1), (.outliers, 1), (.normal, 0.05)] {
            var generator = SeededGenerator(seed: UInt64(count) * 10 + UInt64(scale * 4))
            var covered = 0
            for _ in 0..<tries {
                let shift = Shift(
                    from: sample(shape, count, scale: scale, &generator), to: sample(shape, count, &generator))
                // Shapes are the same, or symmetric: the true shift is zero.
                if shift.interval?.contains(0) == true { covered += 1 }
            }
            let share = Double(covered) / Double(tries)
            #expect(share >= 0.94 - tolerance(tries), "\(shape), scale \(scale), n \(count): \(share)")
        }
    }

    /// An interval asked to hold the shift in 99 % of cases does so in nearly as many, also where few blocks have much in common.
    @Test(arguments: [8, 12, 20]) func widerShiftCovers(count: Int) {
        let tries = 600
        for (shape, common) in [(Shape.normal, 0.0), (.skewed, 0), (.outliers, 0), (.normal, 2)] {
            var generator = SeededGenerator(seed: UInt64(count) * 20 + UInt64(common))
            var covered = 0
            for _ in 0..<tries {
                let blocks = (0..<count).map { _ in common * generator.normal() }
                let (x, y) = (sample(shape, count, &generator), sample(shape, count, &generator))
                func within(_ values: [BlockValue]) -> [BlockValue] {
                    values.map { BlockValue(block: $0.block, $0.value + blocks[$0.block]) }
                }
                let shift = Shift(from: within(x), to: within(y), level: 0.99)
                let usual = Shift(from: within(x), to: within(y))
                if shift.interval?.contains(0) == true { covered += 1 }
                // Whatever is certain to 99 % is so to 95 %.
                if let wide = shift.interval, let narrow = usual.interval {
                    #expect(wide.low <= narrow.low && wide.high >= narrow.high)
                }
                #expect(shift.value == usual.value)
            }
            let share = Double(covered) / Double(tries)
            #expect(share >= 0.98, "\(shape), common \(common), n \(count): \(share)")
        }
    }

    /// The interval of a median covers at least 94 % from six values on, whatever the shape.
    @Test(arguments: [6, 7, 8, 9, 10, 11, 12, 30]) func medianCovers(count: Int) {
        let tries = 1_000
        for shape in [Shape.normal, .skewed] {
            var generator = SeededGenerator(seed: UInt64(count) + 100)
            let covered = (0..<tries).count { _ in
                MedianInterval.interval(SortedValues((0..<count).map { _ in shape.draw(&generator) }))?.contains(0)
                    == true
            }
            let share = Double(covered) / Double(tries)
            #expect(share >= 0.94 - tolerance(tries), "\(shape), n \(count): \(share)")
        }
    }

    /// Where each value resembles the one before (AR(1), ρ = 0.5), intervals are widened: 72 % would be covered without.
    @Test(arguments: [20, 30, 60]) func correlatedValuesCover(count: Int) {
        let tries = 500
        var generator = SeededGenerator(seed: 77)
        var widened = 0
        var plain = 0
        for _ in 0..<tries {
            var value = generator.normal()
            let values = (0..<count).map { _ -> Double in
                value = 0.5 * value + 0.75.squareRoot() * generator.normal()
                return value
            }
            if let interval = MedianInterval.interval(values) {
                if interval.contains(0) { widened += 1 }
                // However much it is widened, it ends where the values end.
                #expect(values.contains { $0 <= interval.low } && values.contains { $0 >= interval.high })
            }
            if MedianInterval.interval(SortedValues(values))?.contains(0) == true { plain += 1 }
        }
        #expect(Double(plain) / Double(tries) < 0.87)
        #expect(Double(widened) / Double(tries) >= 0.91)
    }
}
