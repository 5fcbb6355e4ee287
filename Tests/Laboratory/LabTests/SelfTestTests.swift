import RunRecord
import Statistics
import Testing

@testable import Lab

/// What the self-test says of what came back; that it does come back is seen to in `CommandTests`, in a process of its own.
struct SelfTestTests {
    private static func result(
        _ outcomes: [SelfTest.Outcome], _ reasons: [String?] = ["no filter"]
    ) -> SelfTest.Result {
        SelfTest.Result(
            lane: "native", blocks: 12, outcomes: outcomes,
            refusals: reasons.map { SelfTest.Refusal(title: "a pretender", reason: $0) })
    }

    /// Of 40 tries so many hold what was put in; the rest lie above it.
    private static func outcome(
        _ injection: Injection, inside: Int, wide: Int = 40, told: Int = 40, tries: Int = 40
    ) -> SelfTest.Outcome {
        let truth = injection.expected
        func interval(_ holds: Bool) -> Interval {
            holds ? Interval(truth - 1, truth + 1) : Interval(truth * 2, truth * 3)
        }
        return SelfTest.Outcome(
            injection: injection, tries: tries,
            attempts: (0..<tries).map {
                SelfTest.Attempt(
                    shift: truth, interval: interval($0 < inside), wideInterval: interval($0 < wide), truth: truth,
                    allowance: 0, isTold: $0 < told)
            })
    }

    /// Of intervals that hold in 95 % of all tries 34 of 40 is what chance may do, 33 is not, of those of 99 % 38 and 37; one of two
    /// tells little. What was admitted and must not be does not hold either.
    @Test func holds() {
        let delay = Injection.delay(microseconds: 100)
        #expect(Self.result([Self.outcome(delay, inside: 34)]).holds)
        #expect(!Self.result([Self.outcome(delay, inside: 33)]).holds)
        #expect(Self.result([Self.outcome(delay, inside: 38, wide: 38)]).holds)
        #expect(!Self.result([Self.outcome(delay, inside: 37, wide: 37)]).holds)
        #expect(Self.outcome(delay, inside: 1, wide: 2, tries: 2).holds)
        #expect(!Self.outcome(delay, inside: 0, wide: 2, tries: 2).holds)
        let missed = Self.outcome(delay, inside: 37)
        #expect(missed.inside == 37 && missed.above == 3 && missed.below == 0 && missed.insideWide == 40)
        #expect(Self.result([missed]).text.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") })
        #expect(Self.result([missed]).text.contains("below what was put in: 0, above it: 3"))
        #expect(abs(SelfTest.Outcome.chance(ofAtMost: 1, of: 2, each: 0.95) - 0.0975) < 1e-12)
        #expect(!Self.result([Self.outcome(delay, inside: 40, told: 40)], ["no filter", nil]).holds)
        let text = Self.result([Self.outcome(delay, inside: 30)]).text
        #expect(
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains("100 µs of start-up. Do not"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(Self.result([], [nil]).text.contains("ADMITTED: a pretender"))
        // A reason lists capabilities as one word.
        let list = (0..<40).map { "capability_\($0)" }.joined(separator: ",")
        let refused = Self.result([], ["it can have \(list) besides, what is more"]).text
        #expect(refused.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(refused.filter { $0 != "\n" && $0 != " " }.contains("capability_0,capability_1,"))
        #expect(
            refused.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                .contains("capability_39 besides, what is more"))
    }

    /// The smallest delay that four of five tries tell apart is what the instrument resolves.
    @Test func resolution() {
        let result = Self.result([
            Self.outcome(.delay(microseconds: 100), inside: 40, told: 31),
            Self.outcome(.delay(microseconds: 500), inside: 40, told: 32),
            Self.outcome(.delay(microseconds: 2000), inside: 40),
            Self.outcome(.processor(milliseconds: 5, inDaemon: true), inside: 40),
        ])
        #expect(result.smallestDelay == .delay(microseconds: 500))
        #expect(result.text.contains("tells 500 µs of start-up apart here"))
        #expect(result.text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    /// Each launch is held against what was put into it: where one was held back for longer than was asked for, by its own clock, that
    /// is not the instrument's error. What was not put in is taken off as well, and other figures stay as they are.
    @Test func launchesAreHeldAgainstTheirOwnTruth() {
        let burn = Injection.processor(milliseconds: 5, inDaemon: false)
        let rows = [Measurement(Metric.cpu, unit: "ms", 9), Measurement(Metric.startup, unit: "ms", 1)]
        #expect(burn.corrected(rows, truth: 8, active: true).map(\.value) == [6, 1])
        #expect(burn.corrected(rows, truth: 0.5, active: false).map(\.value) == [8.5, 1])
        #expect(burn.corrected(rows, truth: nil, active: true) == rows)
    }

    /// What is put in is what is expected back: the same detour without it, and every amount in the metric's own unit.
    @Test func amounts() {
        #expect(Injection.delay(microseconds: 100).arguments(active: true) == ["--delay", "100"])
        #expect(Injection.delay(microseconds: 100).arguments(active: false) == ["--delay", "0"])
        #expect(Injection.delay(microseconds: 100).expected == 0.1)
        let burn = Injection.processor(milliseconds: 5, inDaemon: true)
        // Burning and not burning take equally long.
        #expect(burn.arguments(active: true) == ["--daemon-burn", "5000", "--rest", "7000"] && burn.expected == 5)
        #expect(burn.arguments(active: false) == ["--daemon-burn", "0", "--rest", "7000"])
        let memory = Injection.memory(mebibytes: 5, inDaemon: false)
        #expect(memory.arguments(active: true) == ["--touch", "5"] && memory.expected == 5_242_880)
        #expect(Set(Injection.all.map(\.title)).count == 8)
        // Of 5 MiB four pages of tables where they are not aligned, and one of each of the two levels above.
        #expect(memory.costUntold == 6 * 4096 + 1024 && memory.cost == 1024)
        let rows = [Measurement(Metric.memorySlope, unit: "B", 5_255_168 + 90_000)]
        #expect(memory.corrected(rows, truth: 5_255_168, active: true).map(\.value) == [5_242_880 + 90_000])
    }
}
