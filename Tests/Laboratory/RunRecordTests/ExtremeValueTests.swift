import RunRecordTestSupport
import Statistics
import Testing

@testable import RunRecord

/// Whatever stands in a value's place is an error or a figure, never the end of the process.
@Suite struct ExtremeValueTests {
    static let extremes: [Double] = [
        1.7e308, -1.7e308, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .nan, .infinity, -.infinity, 0, -0.0, 1e18,
        -1e18, 9.3e18, 1e300,
    ]

    /// One extreme among ordinary values, two, and a lane of nothing else.
    @Test(arguments: extremes) func summaryOutlivesIt(value: Double) {
        for share in [1, 2, 12] {
            var run = SyntheticRun(seed: 5, blocks: 12, memoryBlocks: 2, syscallBlocks: 2, batches: 2).run()
            var left = share
            for index in run.samples.indices where run.samples[index].lane == "container" && left > 0 {
                guard !run.samples[index].warmup, !run.samples[index].measurements.isEmpty else { continue }
                run.samples[index].measurements[0].value = value
                left -= 1
            }
            let summary = Summarizer.summarize(run)
            let text = SummaryTable.encode(summary, manifest: run.manifest)
            #expect(!text.contains("nan") && !text.contains("inf,"))
            // Four measurements that differ by as many samples.
            let runs = (0..<4).map { count in
                var other = run
                other.samples.removeLast(count)
                return other
            }
            #expect((try? RunComparison.compare(Array(runs[..<2]), Array(runs[2...]))) != nil)
        }
    }

    /// Two extremes whose difference is no number.
    @Test func differencesOverflowNothing() {
        var run = SyntheticRun(seed: 6, blocks: 12, memoryBlocks: 0, syscallBlocks: 0).run()
        for index in run.samples.indices where !run.samples[index].measurements.isEmpty {
            run.samples[index].measurements[0].value = run.samples[index].lane == "native" ? -1.7e308 : 1.7e308
        }
        #expect(Summarizer.summarize(run).cells.contains { $0.withheld == "no admitted sample has this figure" })
        for index in run.samples.indices where !run.samples[index].measurements.isEmpty {
            let native = run.samples[index].lane == "native"
            run.samples[index].measurements[0].value = native ? .leastNonzeroMagnitude : 1e18
        }
        let comparison = Summarizer.summarize(run).comparisons.first {
            $0.lane == "container" && $0.metric == Metric.startup
        }
        #expect(comparison?.verdict == .slower)
        #expect(comparison?.ratio == nil)
    }
}
