import Testing

@testable import Statistics

@Suite struct ModalityTests {
    /// The dip is Maechler's and Urlus's implementation's, to the last digits; its probability within two hundredths
    /// (two simulated tables).
    @Test(arguments: Reference.dips)
    func dipIsThePublishedOne(_ reference: Reference.Dip) throws {
        let dip = Dip(try Reference.sorted(reference.name))
        expectClose(dip.value, reference.dip)
        #expect(abs(dip.p - reference.p) < 0.02, "\(dip.p), expected \(reference.p)")
    }

    /// Two modes are found, located, and given their shares.
    @Test func twoModesAreNamed() throws {
        let modality = Modality(try Reference.sorted("bimodal"))
        let modes = modality.modes
        try #require(modes.count == 2)
        expectClose(modes[0].location, 3, within: 0.05)
        expectClose(modes[1].location, 6, within: 0.05)
        expectClose(modes[0].share, 0.7)
        expectClose(modes[1].share, 0.3)
        #expect(modes[0].range.high < modes[1].range.low)
    }

    /// Three modes are three, and a far outlier hides none of them.
    @Test func threeModesAndAnOutlier() {
        var generator = SeededGenerator(seed: 12)
        var values: [Double] = []
        for centre in [10.0, 20, 35] { for _ in 0..<70 { values.append(centre + generator.normal()) } }
        values.append(10_000)
        let modes = Modality(SortedValues(values)).modes
        #expect(modes.count == 3)
        for (mode, centre) in zip(modes, [10.0, 20, 35]) { expectClose(mode.location, centre, within: 0.05) }
    }

    /// A second mode too small for the dip test, but set apart, is found.
    @Test func smallModeBeyondAGapIsNamed() throws {
        var generator = SeededGenerator(seed: 5)
        let values = (0..<50).map { ($0 < 40 ? 4 : 8.5) * (1 + 0.06 * generator.normal()) }
        let modality = Modality(SortedValues(values))
        #expect(modality.dip.p > 0.01)
        try #require(modality.modes.count == 2)
        expectClose(modality.modes[1].location, 8.5, within: 0.05)
        expectClose(modality.modes[1].share, 0.2)
    }

    /// Ticks of a clock are no modes, however many values there are; modes further apart than ticks still are.
    @Test func roundedValuesKeepTheirModes() {
        var generator = SeededGenerator(seed: 7)
        let one = (0..<5_000).map { _ in (250 + 40 * generator.normal()).rounded() / 1_000 }
        #expect(Modality(SortedValues(one)).modes.isEmpty)
        let pages = (0..<50).map { _ in Double(4_096 * (20 + generator.uniform(below: 3))) }
        #expect(Modality(SortedValues(pages)).modes.isEmpty)
        let two = one.enumerated().map { $0.isMultiple(of: 3) ? $1 + 0.5 : $1 }
        #expect(Modality(SortedValues(two)).modes.count == 2)
    }

    /// Distributions with one mode, and what makes them.
    static let unimodal: [@Sendable (inout SeededGenerator) -> Double] = [
        { $0.normal() }, { $0.exponential() }, { $0.exponential() + $0.exponential() }, { $0.unit() },
        // Student's t with two degrees of freedom.
        { $0.normal() / $0.exponential().squareRoot() },
    ]

    /// One mode, whatever its tail, is one mode: at most 2 in 100 are split, dip and gap together.
    @Test(arguments: [30, 50, 300], unimodal.indices)
    func unimodalSamplesAreLeftAlone(count: Int, kind: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        var alarms = 0
        for _ in 0..<200 {
            let values = SortedValues((0..<count).map { _ in Self.unimodal[kind](&generator) })
            if !Modality(values).modes.isEmpty { alarms += 1 }
        }
        #expect(alarms <= 4)
    }
}
