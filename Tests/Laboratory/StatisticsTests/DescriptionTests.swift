import Testing

@testable import Statistics

@Suite struct DescriptionTests {
    /// Quantiles, mean, MAD and variance are NumPy's and SciPy's.
    @Test(arguments: Reference.descriptions)
    func descriptionsAreNumPys(_ reference: Reference.Description) throws {
        let sorted = try Reference.sorted(reference.name)
        for (p, expected) in zip([0, 0.05, 0.25, 0.5, 0.95, 0.99, 1], reference.quantiles) {
            expectClose(sorted.quantile(p), expected, "quantile \(p)")
        }
        expectClose(sorted.mean, reference.mean)
        expectClose(sorted.medianAbsoluteDeviation, reference.mad)
        expectClose(sorted.variance, reference.variance)
    }

    /// One value is a distribution too.
    @Test func oneValueDescribesItself() {
        let sorted = SortedValues([3.5])
        #expect(sorted.median == 3.5)
        #expect(sorted.quantile(0.99) == 3.5)
        #expect(sorted.medianAbsoluteDeviation == 0)
        #expect(sorted.variance == 0)
    }

    /// Whiskers end at values, and what lies beyond them is kept.
    @Test func boxPlotKeepsItsOutliers() {
        let box = BoxPlot(SortedValues([1, 2, 3, 4, 5, 6, 7, 8, 9, 40]))
        #expect(box.lowerWhisker == 1)
        #expect(box.lowerQuartile == 3.25)
        #expect(box.upperQuartile == 7.75)
        #expect(box.upperWhisker == 9)
        #expect(box.outliers == [40])
    }

    /// The staircase joins ties, ends at 1, and thinning keeps both ends.
    @Test func empiricalDistributionEndsAtOne() {
        let all = EmpiricalDistribution(SortedValues([2, 1, 2, 4]))
        #expect(all.steps.map(\.value) == [1, 2, 4])
        #expect(all.steps.map(\.share) == [0.25, 0.75, 1])
        let thin = EmpiricalDistribution(SortedValues((0..<1_000).map(Double.init)), limit: 50)
        #expect(thin.steps.count == 50)
        #expect(thin.steps.first?.value == 0)
        #expect(thin.steps.last == .init(value: 999, share: 1))
    }

    /// Selection finds the order statistic that sorting finds, ties and sorted input included.
    @Test func selectionAgreesWithSorting() {
        var generator = SeededGenerator(seed: 1)
        for count in [1, 2, 3, 10, 101, 1_000] {
            for range in [2, 10, 1_000_000] {
                let values = (0..<count).map { _ in Double(generator.uniform(below: range)) }
                let sorted = SortedValues(values)
                for input in [values, sorted.values, sorted.values.reversed()] {
                    for p in [0, 0.025, 0.5, 0.9, 1] {
                        var scratch = input
                        #expect(Selection.quantile(p, of: &scratch) == sorted.quantile(p))
                    }
                }
            }
        }
    }
}
