import RunRecordTestSupport
import Testing

@testable import RunRecord

/// A launch that died at its deadline took at least so long: it is a value, not an absence.
@Suite struct CensoringTests {
    private func run(killed: Int, ready: Bool = false) -> Run {
        var run = SyntheticRun(seed: 9, blocks: 40, memoryBlocks: 0, syscallBlocks: 0).run()
        var left = killed
        for index in run.samples.indices.reversed() where run.samples[index].lane == "container" && left > 0 {
            run.samples[index].admitted = false
            run.samples[index].reason = Sample.deadlineReason(seconds: 30) + ": still waiting"
            run.samples[index].measurements = []
            run.samples[index].events = ready ? [Event("launch", 0), Event("ready", 5)] : [Event("launch", 0)]
            left -= 1
        }
        return run
    }

    private func cell(_ run: Run, _ metric: String) throws -> Cell {
        try #require(Summarizer.summarize(run).cells.first { $0.lane == "container" && $0.metric == metric })
    }

    /// Six of forty hung: the median is that of forty values, the greatest of them the deadline; the quantiles say so.
    @Test func deadlinesAreValues() throws {
        let whole = try #require(try cell(run(killed: 0), Metric.startup).estimate)
        let cell = try cell(run(killed: 6), Metric.startup)
        let estimate = try #require(cell.estimate)
        #expect(cell.admitted == 34)
        #expect(estimate.samples == 40)
        #expect(estimate.censored == 6)
        #expect(estimate.maximum == 30_000)
        #expect(estimate.p95 == 30_000)
        #expect(estimate.median >= whole.median)
        #expect(estimate.median < 10)
        #expect(cell.findings.contains { $0.hasPrefix("6 launches were killed at the deadline") })
    }

    /// A lane half of whose launches hang is not called as fast as those that came back; its median lies beyond the deadline.
    @Test func aHangingLaneHasNoMedian() throws {
        let cell = try cell(run(killed: 20), Metric.startup)
        #expect(cell.estimate == nil)
        #expect(cell.withheld.contains("the median lies beyond it"))
    }

    /// What is not counted from the launch has no such value, and is withheld as before; nor has a launch that was ready in time.
    @Test func onlySpansFromTheLaunchAreCensored() throws {
        #expect(try cell(run(killed: 6), Metric.teardown).estimate == nil)
        #expect(try cell(run(killed: 6), Metric.cpu).estimate == nil)
        #expect(try cell(run(killed: 6, ready: true), Metric.startup).estimate == nil)
    }
}
