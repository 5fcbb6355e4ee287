import Testing

@testable import Statistics

@Suite struct ComparisonTests {
    /// U, its probability (exact and approximate, tied and not), Cliff's delta and the shift are SciPy's.
    @Test(arguments: Reference.pairs)
    func pairsAreSciPys(_ reference: Reference.Pair) throws {
        let x = try Reference.sorted(reference.x)
        let y = try Reference.sorted(reference.y)
        let test = MannWhitney(x, y)
        expectClose(test.u, reference.u, "U")
        expectClose(test.p, reference.p, within: 1e-11, "p")
        expectClose(test.p / reference.p, 1, "p, relative")
        expectClose(test.cliffsDelta, reference.delta, "delta")
        expectClose(HodgesLehmann.shift(from: x, to: y), reference.shift, "shift")
    }

    /// The exact distribution is symmetric and sums to one, up to the largest that is counted.
    @Test(arguments: [(1, 1), (3, 5), (8, 8), (8, 60), (2, 3_000)])
    func exactTailIsADistribution(n: Int, m: Int) throws {
        #expect(try #require(MannWhitney.exactTail(0, n, m)) == 1)
        let whole = try #require(MannWhitney.exactTail(n * m, n, m))
        var arrangements = 1.0
        for k in 1...min(n, m) { arrangements *= Double(max(n, m) + k) / Double(k) }
        expectClose(whole * arrangements, 1)
    }

    /// Samples of one value each, or all alike, are no evidence of anything.
    @Test func constantSamplesDoNotDiffer() {
        let same = SortedValues(Array(repeating: 4.0, count: 20))
        #expect(MannWhitney(same, same).p == 1)
        #expect(MannWhitney(same, same).cliffsDelta == 0)
        #expect(HodgesLehmann.shift(from: same, to: same) == 0)
        var generator = SeededGenerator(seed: 1)
        #expect(HodgesLehmann.interval(from: same, to: same, generator: &generator) == Interval(0, 0))
    }

    /// Holm's correction, against values worked by hand from his paper's rule (as R's p.adjust).
    @Test func holmIsStepDown() {
        let adjusted = Holm.adjust([0.01, 0.04, 0.03, 0.005])
        for (value, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) { expectClose(value, expected) }
        #expect(Holm.adjust([0.9, 0.8]) == [1, 1])
        #expect(Holm.adjust([]) == [])
    }
}

@Suite struct HodgesLehmannTests {
    /// Every rank of the matrix of differences is the one sorting finds: negative, tied and huge values too.
    @Test func selectionInTheMatrixIsExact() {
        var generator = SeededGenerator(seed: 4)
        for round in 0..<30 {
            let scale = [1.0, 1e-300, 1e300, 4][round % 4]
            let draw = { (generator: inout SeededGenerator) in
                round.isMultiple(of: 2)
                    ? Double(generator.uniform(below: 7)) - 3 : scale * (generator.unit() - 0.5)
            }
            let x = (0..<(1 + generator.uniform(below: 20))).map { _ in draw(&generator) }.sorted()
            let y = (0..<(1 + generator.uniform(below: 20))).map { _ in draw(&generator) }.sorted()
            let all = y.flatMap { b in x.map { b - $0 } }.sorted()
            for rank in 1...all.count { #expect(HodgesLehmann.difference(rank: rank, x, y) == all[rank - 1]) }
        }
    }

    /// The bootstrap interval is NumPy's (100 000 resamples): its ends within a twentieth of its width.
    @Test(arguments: Reference.shiftIntervals)
    func intervalIsTheBootstraps(_ reference: Reference.ResampledShift) throws {
        var generator = SeededGenerator(seed: 5)
        let interval = HodgesLehmann.interval(
            from: try Reference.sorted(reference.x), to: try Reference.sorted(reference.y), generator: &generator)
        let width = reference.high - reference.low
        #expect(abs(interval.low - reference.low) < width / 20)
        #expect(abs(interval.high - reference.high) < width / 20)
    }

    /// Where both can be had, the large-sample interval is the bootstrap's: distributions of unlike shapes and sizes.
    @Test(arguments: [UInt64(1), 2, 3])
    func largeSampleIntervalAgreesWithTheBootstrap(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let x = SortedValues((0..<256).map { _ in 10 + generator.normal() })
        let y = SortedValues((0..<250).map { _ in 11 + 2 * generator.exponential() })
        let resampled = HodgesLehmann.resampledInterval(
            x.values, y.values, resamples: 10_000, generator: &generator)
        let asymptotic = HodgesLehmann.asymptoticInterval(from: x, to: y)
        let width = resampled.high - resampled.low
        #expect(abs(resampled.low - asymptotic.low) < width / 10)
        #expect(abs(resampled.high - asymptotic.high) < width / 10)
    }
}
