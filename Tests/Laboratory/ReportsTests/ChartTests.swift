import Testing

@testable import Reports

@Suite struct ChartTests {
    /// A scale holds its data, and its ticks lie inside it in order.
    @Test(arguments: [[0.3, 2_500], [1, 1.1], [5e5, 5e9], [42, 42]]) func logarithmicScale(values: [Double]) {
        let scale = Scale.logarithmic(values, from: 0, to: 600)
        for value in values { #expect((0...600).contains(scale(value))) }
        #expect(scale.low <= values.min() ?? 0 && scale.high >= values.max() ?? 0)
        let ticks = scale.ticks()
        #expect(ticks == ticks.sorted())
        #expect(ticks.allSatisfy { $0 >= scale.low * 0.999 && $0 <= scale.high * 1.001 })
        #expect(!ticks.isEmpty)
    }

    /// A decade takes the same room wherever it lies.
    @Test func decadesAreEqual() {
        let scale = Scale.logarithmic([1, 1_000], from: 0, to: 300)
        #expect(abs((scale(100) - scale(10)) - (scale(10) - scale(1))) < 1e-9)
    }

    /// Ticks of a linear scale are round in the unit they are labelled in, also of bytes.
    @Test func linearTicksAreRound() {
        let scale = Scale.linear([1_300_000], from: 0, to: 500, unit: "B")
        let labels = scale.ticks(unit: "B").map { Axis.label($0, "B", like: scale.high) }
        #expect(labels.first == "0")
        #expect(labels.dropFirst().allSatisfy { $0.hasSuffix("MiB") && $0.count <= 9 })
        #expect(Set(labels).count == labels.count)
    }

    /// Labels that want the same place are moved apart, keep their order and stay in bounds.
    @Test func labelsDoNotTouch() {
        let widths = [40.0, 40, 40, 40]
        let centres = Labels.spread([100, 101, 99, 180], widths: widths, gap: 4, within: 0...200)
        let order = centres.indices.sorted { centres[$0] < centres[$1] }
        #expect(order == [2, 0, 1, 3])
        for (left, right) in zip(order, order.dropFirst()) { #expect(centres[right] - centres[left] >= 43.9) }
        #expect(centres.allSatisfy { $0 >= 20 && $0 <= 180 })
    }

    /// Thinning is deterministic, keeps both extremes and the limit, and leaves few values alone.
    @Test func thinningKeepsExtremes() {
        let values = (0..<10_000).map { Double(($0 * 7_919) % 10_007) }
        let distribution = Distribution(values)
        let thinned = distribution.thinned(to: 400).map { distribution.values[$0] }
        #expect(thinned.count == 400)
        #expect(thinned.min() == values.min() && thinned.max() == values.max())
        #expect(thinned == Distribution(values).thinned(to: 400).map { values[$0] })
        #expect(Distribution([3, 1, 2]).thinned(to: 400) == [0, 1, 2])
    }

    /// Quantiles by type 7 (R's and NumPy's default): values from numpy.quantile.
    @Test func quantiles() {
        let distribution = Distribution([7, 1, 3, 10])
        #expect(distribution.quantile(0.25) == 2.5)
        #expect(distribution.median == 5)
        #expect(distribution.quantile(0.95) == 9.549999999999999)
    }

    /// The binomial interval of the median: ranks 18 and 33 of 50 cover a little more than 95 % (Conover, table of the sign
    /// test), ranks 19 and 32 less; the interval lies between. In an order in which neighbours do not resemble each other.
    @Test func medianInterval() throws {
        let interval = try #require(Distribution((0..<50).map { Double($0 * 21 % 50 + 1) }).medianInterval)
        #expect(interval.low >= 18 && interval.low < 19)
        #expect(interval.high <= 33 && interval.high > 32)
        let rising = try #require(Distribution((1...50).map(Double.init)).medianInterval)
        #expect(rising.low < interval.low && rising.high > interval.high)
        #expect(Distribution([1, 2, 3, 4, 5]).medianInterval == nil)
    }
}
