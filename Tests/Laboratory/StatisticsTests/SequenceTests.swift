import Testing

@testable import Statistics

@Suite struct SequenceTests {
    /// Mann–Kendall, Theil–Sen and lag-1 autocorrelation are what NumPy and SciPy compute pair by pair.
    @Test(arguments: Reference.sequences)
    func sequencesAreSciPys(_ reference: Reference.Sequence) throws {
        let values = try Reference.sequence(reference.name)
        let drift = Drift(values)
        #expect(drift.score == reference.score)
        expectClose(drift.p, min(1, reference.p))
        expectClose(drift.slope, reference.slope)
        let correlation = Autocorrelation(values)
        expectClose(correlation.coefficient, reference.lag)
        expectClose(correlation.p, reference.lagP)
    }

    /// Above the pairwise limit the slope of group medians is the slope.
    @Test func longDriftKeepsItsSlope() {
        var generator = SeededGenerator(seed: 3)
        let values = (0..<5_000).map { 0.001 * Double($0) + generator.normal() }
        expectClose(Drift(values).slope, 0.001, within: 3e-5)
        #expect(Drift(values).p < 1e-6)
    }

    /// A first value far above the rest is slow; one inside their spread, or barely above a quiet rest, is not.
    @Test func slowFirstValueIsFound() throws {
        let rest = try Reference.sorted("startup")
        #expect(FirstValue(9, rest: rest).isSlow)
        #expect(!FirstValue(rest.maximum, rest: rest).isSlow)
        #expect(!FirstValue(1.01, rest: SortedValues([1, 1, 1])).isSlow)
        #expect(FirstValue(2, rest: SortedValues([1, 1, 1])).isSlow)
    }

    /// The line, its errors and intervals are SciPy's.
    @Test(arguments: Reference.regressions)
    func regressionIsSciPys(_ reference: Reference.Regression) throws {
        let x = reference.y.indices.map(Double.init)
        let fit = try #require(LinearRegression(x: x, y: reference.y))
        expectClose(fit.slope, reference.slope)
        expectClose(fit.intercept, reference.intercept)
        expectClose(try #require(fit.slopeError), reference.slopeError)
        expectClose(try #require(fit.interceptError), reference.interceptError)
        expectClose(fit.determination, reference.determination)
        let interval = try #require(fit.slopeInterval)
        expectClose(interval.high, reference.slope + reference.reach * reference.slopeError)
        expectClose(interval.low, reference.slope - reference.reach * reference.slopeError)
    }

    /// Two points have a line without errors, one point has none.
    @Test func fewPointsPromiseNothing() throws {
        let two = try #require(LinearRegression(x: [0, 1], y: [5, 7]))
        #expect(two.slope == 2)
        #expect(two.slopeInterval == nil)
        #expect(LinearRegression(x: [1], y: [1]) == nil)
        #expect(LinearRegression(x: [1, 1], y: [1, 2]) == nil)
    }

    /// Student's t is SciPy's.
    @Test(arguments: Reference.studentT)
    func studentsQuantilesAreSciPys(_ reference: Reference.Quantile) {
        expectClose(StudentT.quantile(reference.p, freedom: reference.freedom), reference.t)
    }
}
