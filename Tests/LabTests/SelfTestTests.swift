import RunRecord
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

    private static func outcome(_ injection: Injection, inside: Int, told: Int) -> SelfTest.Outcome {
        SelfTest.Outcome(injection: injection, tries: 40, inside: inside, told: told, shifts: [injection.expected])
    }

    /// Of intervals that hold in 95 % of all tries 34 of 40 is what chance may do, 33 is not; one of two tells little. What was
    /// admitted and must not be does not hold either.
    @Test func holds() {
        let delay = Injection.delay(microseconds: 100)
        #expect(Self.result([Self.outcome(delay, inside: 34, told: 40)]).holds)
        #expect(!Self.result([Self.outcome(delay, inside: 33, told: 40)]).holds)
        #expect(SelfTest.Outcome(injection: delay, tries: 2, inside: 1).holds)
        #expect(!SelfTest.Outcome(injection: delay, tries: 2, inside: 0).holds)
        #expect(abs(SelfTest.Outcome.chance(ofAtMost: 1, of: 2) - 0.0975) < 1e-12)
        #expect(!Self.result([Self.outcome(delay, inside: 40, told: 40)], ["no filter", nil]).holds)
        let text = Self.result([Self.outcome(delay, inside: 30, told: 40)]).text
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
            Self.outcome(.delay(microseconds: 2000), inside: 40, told: 40),
            Self.outcome(.processor(milliseconds: 5, inDaemon: true), inside: 40, told: 40),
        ])
        #expect(result.smallestDelay == .delay(microseconds: 500))
        #expect(result.text.contains("tells 500 µs of start-up apart here"))
        #expect(result.text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    /// What is put in is what is expected back: the same detour without it, and every amount in the metric's own unit.
    @Test func amounts() {
        #expect(Injection.delay(microseconds: 100).arguments(active: true) == ["--delay", "100"])
        #expect(Injection.delay(microseconds: 100).arguments(active: false) == ["--delay", "0"])
        #expect(Injection.delay(microseconds: 100).expected == 0.1)
        let burn = Injection.processor(milliseconds: 5, inDaemon: true)
        #expect(burn.arguments(active: true) == ["--daemon-burn", "5000"] && burn.expected == 5)
        let memory = Injection.memory(mebibytes: 5, inDaemon: false)
        #expect(memory.arguments(active: true) == ["--touch", "5"] && memory.expected == 5_242_880)
        #expect(Set(Injection.all.map(\.title)).count == 8)
    }
}
