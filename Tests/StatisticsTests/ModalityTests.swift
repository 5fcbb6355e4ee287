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

    /// One mode with a long tail is one mode: at most the promised share of false alarms, over 300 samples each.
    @Test(arguments: [20, 50, 300])
    func unimodalSamplesAreLeftAlone(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        var alarms = 0
        for _ in 0..<300 {
            let values = SortedValues((0..<count).map { _ in generator.exponential() + generator.exponential() })
            if !Modality(values).modes.isEmpty { alarms += 1 }
        }
        #expect(alarms <= 6)
    }
}
