import Testing

@testable import Statistics

@Suite struct BootstrapTests {
    /// The median's interval is SciPy's percentile bootstrap (200 000 resamples): ends within a twentieth of its width.
    @Test(arguments: Reference.medianIntervals)
    func medianIntervalIsSciPys(_ reference: Reference.Resampled) throws {
        var generator = SeededGenerator(seed: 2)
        let interval = Bootstrap.medianInterval(try Reference.sorted(reference.name), generator: &generator)
        let width = reference.high - reference.low
        #expect(abs(interval.low - reference.low) <= width / 20, "\(interval)")
        #expect(abs(interval.high - reference.high) <= width / 20, "\(interval)")
    }

    /// Drawing order statistics is the same as drawing values and sorting: the two distributions of a resampled quantile
    /// pass a two-sample test at every size, even and odd, in the middle and in the tail.
    @Test(arguments: [2, 3, 10, 51, 400], [0.25, 0.5, 0.95])
    func orderStatisticsAreResamples(count: Int, p: Double) {
        var generator = SeededGenerator(seed: UInt64(count))
        let sorted = SortedValues((0..<count).map { _ in generator.normal() })
        let fast = Bootstrap.quantiles(sorted, p, resamples: 3_000, generator: &generator)
        let plain = (0..<3_000).map { _ in
            SortedValues((0..<count).map { _ in sorted.values[generator.uniform(below: count)] }).quantile(p)
        }
        #expect(MannWhitney(SortedValues(fast), SortedValues(plain)).p > 0.001)
        let (first, second) = (SortedValues(fast), SortedValues(plain))
        let scale = max(first.quantile(0.975) - first.quantile(0.025), 1e-9)
        for tail in [0.1, 0.9] { #expect(abs(first.quantile(tail) - second.quantile(tail)) < 0.2 * scale) }
    }

    /// The same seed gives the same interval; a constant sample has no width.
    @Test func intervalIsReproducible() throws {
        var first = SeededGenerator(seed: 6)
        var second = SeededGenerator(seed: 6)
        let sorted = try Reference.sorted("startup")
        #expect(
            Bootstrap.medianInterval(sorted, generator: &first)
                == Bootstrap.medianInterval(sorted, generator: &second))
        #expect(Bootstrap.medianInterval(SortedValues([2, 2, 2]), generator: &first) == Interval(2, 2))
    }
}
