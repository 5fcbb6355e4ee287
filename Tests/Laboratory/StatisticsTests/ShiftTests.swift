import Testing

@testable import Statistics

@Suite struct ShiftTests {
    private func values(_ values: [Double]) -> [BlockValue] {
        values.enumerated().map { BlockValue(block: $0.offset, $0.element) }
    }

    /// The signed-rank sum and its probability are SciPy's, exact and approximate, tied and not.
    @Test(arguments: ShiftReference.signed)
    func signedRankIsSciPys(_ reference: ShiftReference.Signed) {
        let test = SignedRank(reference.d)
        expectClose(test.positive, reference.positive, "sum")
        expectClose(test.p, reference.p, within: 1e-11, "p")
    }

    /// The probability of independent samples is the greatest of SciPy's Brunner–Munzel, its Mann–Whitney and what n can say.
    @Test(arguments: ShiftReference.pairs)
    func probabilityIsSciPys(_ reference: ShiftReference.Pair) {
        let shift = Shift(from: values(reference.x), to: values(reference.y), blocked: false)
        #expect(shift.analysis == .independent)
        guard shift.widening == 1 else { return }
        let least = Shift.resolution(min(reference.x.count, reference.y.count))
        expectClose(shift.p, max(reference.brunnerMunzel, reference.mannWhitney, least), within: 1e-9, "p")
    }

    /// At least one of them is compared without being widened.
    @Test func someReferenceIsNotWidened() {
        let plain = ShiftReference.pairs.filter {
            Shift(from: values($0.x), to: values($0.y), blocked: false).widening == 1
        }
        #expect(plain.count >= 2)
    }

    /// The median's interval is that of SciPy's binomial, interpolated.
    @Test(arguments: ShiftReference.medians)
    func medianIntervalIsOfOrderStatistics(_ reference: ShiftReference.Median) throws {
        let interval = try #require(MedianInterval.interval(SortedValues(reference.x)))
        expectClose(interval.low, reference.low, "low")
        expectClose(interval.high, reference.high, "high")
    }

    /// Under six values there is no interval, and no shift has a probability that could pass for evidence.
    @Test func fiveValuesHaveNoInterval() {
        #expect(MedianInterval.interval([1, 2, 3, 4, 5]) == nil)
        let shift = Shift(from: values([1, 2, 3, 4, 5]), to: values([11, 12, 13, 14, 15]))
        #expect(shift.interval == nil)
        #expect(shift.p == 1)
        #expect(shift.value == 10)
    }

    @Test func normalQuantilesAreSciPys() {
        for reference in ShiftReference.normalQuantiles { expectClose(Normal.quantile(reference.p), reference.z) }
    }

    /// What a block does to both lanes cancels: the interval is several times narrower than that of the same values out of blocks.
    @Test func blocksCancel() throws {
        var generator = SeededGenerator(seed: 3)
        let weather = (0..<20).map { _ in 10 * generator.normal() }
        let x = values(weather.map { $0 + generator.normal() })
        let y = values(weather.map { $0 + 2 + generator.normal() })
        let blocked = Shift(from: x, to: y)
        let independent = Shift(from: x, to: y, blocked: false)
        #expect(blocked.analysis == .blocks)
        let (narrow, wide) = (try #require(blocked.interval), try #require(independent.interval))
        #expect(narrow.high - narrow.low < (wide.high - wide.low) / 3)
        #expect(narrow.contains(2))
        #expect(blocked.p < 0.001)
        #expect(independent.p > 0.05)
    }

    /// Values in the order given or shuffled with their blocks: the same shift to the last bit.
    @Test func orderOfRowsDoesNotMatter() {
        var generator = SeededGenerator(seed: 8)
        var x = values((0..<15).map { _ in generator.normal() })
        var y = values((0..<15).map { _ in generator.normal() })
        let before = Shift(from: x, to: y)
        generator.shuffle(&x)
        generator.shuffle(&y)
        #expect(Shift(from: x, to: y) == before)
    }

    /// Constant samples differ by what they differ by, without a trap: fully apart as far as n can testify, or not at all.
    @Test func constantSamples() {
        let one = values(Array(repeating: 1, count: 10))
        let two = values(Array(repeating: 2, count: 10))
        let apart = Shift(from: one, to: two)
        #expect(apart.interval == Interval(1, 1))
        #expect(apart.p == Shift.resolution(10))
        #expect(Shift(from: one, to: one).p == 1)
        #expect(Shift(from: one, to: one).interval == Interval(0, 0))
    }

    /// The planner's least n is where 2^(1−n) passes Holm's strictest step, and its blocks grow with the square of the noise.
    @Test func plannerCounts() throws {
        #expect(Power.leastBlocks(comparisons: 1) == 6)
        #expect(Power.leastBlocks(comparisons: 6) == 8)
        #expect(Power.leastBlocks(comparisons: 42) == 11)
        #expect(Shift.resolution(8) * 6 <= 0.05)
        #expect(Shift.resolution(7) * 6 > 0.05)
        let few = try #require(Power.blocks(for: 1, error: 1, blocks: 20, level: 0.05))
        let many = try #require(Power.blocks(for: 1, error: 2, blocks: 20, level: 0.05))
        #expect(abs(Double(many) / Double(few) - 4) < 0.1)
        #expect(Power.blocks(for: 0, error: 1, blocks: 20, level: 0.05) == nil)
    }
}
