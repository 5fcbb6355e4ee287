import RunRecordTestSupport
import Testing

@testable import RunRecord

/// Blocks that something else on the host disturbed, where runs are compared: the rule is the report's.
@Suite struct DisturbedComparisonTests {
    /// Four runs, the container's start `factor` times as long; in the first of them so many of 20 blocks were disturbed.
    private static func side(_ seed: UInt64, factor: Double = 1, disturbed: Int = 0) -> [Run] {
        var lanes = SyntheticRun.usualLanes
        lanes[1].startup *= factor
        return (0..<4).map { number in
            var run = SyntheticRun(
                seed: seed + UInt64(number), lanes: lanes, blocks: 20, memoryBlocks: 0, syscallBlocks: 0
            ).run()
            run.manifest.run = "run-\(seed)-\(number)"
            let conditions = Set(run.samples.map { [$0.experiment, $0.workload] })
            run.blocks = conditions.sorted { $0.joined() < $1.joined() }.flatMap { condition in
                (0..<20).map { block in
                    BlockState(
                        experiment: condition[0], workload: condition[1], block: block, warmup: false,
                        milliseconds: 500, judgedMilliseconds: 500, ownProcessors: 0.5, otherProcessors: 0,
                        stolenProcessors: 0,
                        disturbance: number == 0 && block < disturbed ? "other programs ran" : "")
                }
            }
            return run
        }
    }

    private static func container(_ comparison: RunComparison) throws -> RunComparison.Change {
        try #require(comparison.changes.first { $0.key.lane == "container" && $0.key.metric == Metric.startup })
    }

    /// Up to a fifth of a run's blocks count as any others, and are told, on whichever side they are.
    @Test func fewCountAndAreTold() throws {
        let comparison = try RunComparison.compare(Self.side(70), Self.side(80, factor: 2, disturbed: 4))
        #expect(try Self.container(comparison).verdict == .slower)
        let told = try #require(comparison.disturbances.first)
        #expect(told.refusal == nil)
        #expect(ConditionDisturbance.words(told.before) == "0 of 80 blocks")
        #expect(ConditionDisturbance.words(told.after) == "4 of 80 blocks")
        #expect(told.after.map(\.disturbed) == [4, 0, 0, 0])
        #expect(try RunComparison.compare(Self.side(70), Self.side(80)).disturbances.isEmpty)
    }

    /// Of a condition of which one run has more there is no verdict, on either side, and no limit is kept by it; `--force` takes it,
    /// stamped.
    @Test(arguments: [true, false]) func tooManyGiveNoVerdict(isBefore: Bool) throws {
        let before = Self.side(70, disturbed: isBefore ? 5 : 0)
        let after = Self.side(80, factor: 2, disturbed: isBefore ? 0 : 5)
        let comparison = try RunComparison.compare(before, after)
        let change = try Self.container(comparison)
        #expect(change.verdict == .undecided && change.p == nil && change.shiftLow == nil)
        #expect(change.reason == "5 of 20 blocks of run run-\(isBefore ? 70 : 80)-0 were disturbed: no verdict")
        #expect(change.medianAfter > 1.5 * change.medianBefore)
        let limit = try #require(ChangeLimit("startup container > 5%"))
        #expect(limit.answer(comparison) == .unanswerable(change.reason))
        let forced = try RunComparison.compare(before, after, force: true)
        #expect(try Self.container(forced).verdict == .slower)
        #expect(forced.forced.contains { $0.name.hasPrefix("disturbed, startup") && $0.isDisturbance })
        #expect(forced.forced.allSatisfy { $0.isDisturbance })
    }

    /// What else ran on the host is not learnt as the host's own spread between runs.
    @Test func disturbedRunsTeachNoSpread() throws {
        let quiet = try #require(RunSpread(Self.side(70)))
        #expect(quiet.entries.contains { $0.key.lane == "container" })
        let busy = try #require(RunSpread(Self.side(70, disturbed: 5)))
        #expect(busy.entries.isEmpty)
    }
}
