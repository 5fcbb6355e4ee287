import RunRecord
import Testing

@testable import Reports

@Suite struct ComparisonReportTests {
    static let before = ExampleRun.run(seed: 7, blocks: 40)
    static let beforeSummary = QuickSummary.summary(before)

    private static func after(_ change: (inout [ExampleRun.Shape]) -> Void) -> Run {
        var shapes = ExampleRun.usual
        change(&shapes)
        return ExampleRun.run(seed: 8, shapes: shapes, blocks: 40)
    }

    /// A lane made a fifth faster is found and named; a lane left alone is not called changed.
    @Test func realChangesAreFound() throws {
        let after = Self.after { $0[1].startup *= 0.8 }
        let change = RunChange(
            before: Reading(run: Self.before, summary: Self.beforeSummary),
            after: Reading(run: after, summary: QuickSummary.summary(after)))
        func startup(_ lane: String) -> CellChange? {
            change.changes.first {
                $0.lane.id == lane && $0.metric == Metric.startup && $0.condition.workload == "exit (cold)"
            }
        }
        #expect(startup("container")?.verdict == .faster)
        #expect(startup("container-noseccomp")?.verdict != .faster)
        #expect(startup("container-noseccomp")?.verdict != .slower)
        #expect(startup("bwrap")?.verdict == nil)
        #expect(startup("bwrap")?.reason.contains("withheld") == true)
    }

    /// The same run twice differs in nothing.
    @Test func aRunAgainstItselfIsUnchanged() {
        let reading = Reading(run: Self.before, summary: Self.beforeSummary)
        let change = RunChange(before: reading, after: reading)
        #expect(change.differences.isEmpty)
        #expect(!change.changes.contains { $0.verdict == .slower || $0.verdict == .faster })
        #expect(change.changes.compactMap(\.shift).allSatisfy { $0 == 0 })
        #expect(change.headline.hasPrefix("Nothing changed beyond the noise floor"))
    }

    /// Hosts that differ in what decides are found before anything is compared, and the report is stamped.
    @Test func decisiveDifferencesStampTheReport() {
        var after = Self.before
        after.manifest.host[1].facts[0].value = "6.19.0"
        after.manifest.host[0].facts[2].value = "off"
        let differences = ComparisonReport.differences(before: Self.before.manifest, after: after.manifest)
        #expect(differences.map(\.name) == ["Kernel: release", "Processor: turbo"])
        #expect(differences.map(\.decisive) == [true, false])
        let html = ComparisonReport.html(before: Self.before, Self.beforeSummary, after: after, Self.beforeSummary)
        #expect(html.contains("<b>Forced: </b>"))
        let text = ComparisonReport.terminal(before: Self.before, Self.beforeSummary, after: after, Self.beforeSummary)
        #expect(text.contains("FORCED"))
    }

    /// Both forms keep their frames: well-formed HTML without addresses, text within the width.
    @Test(arguments: [60, 80]) func formsAreSound(width: Int) throws {
        let after = Self.after { $0[1].record.id = "<b>container" }
        let summary = QuickSummary.summary(after)
        let html = ComparisonReport.html(before: Self.before, Self.beforeSummary, after: after, summary)
        #expect(try !Elements.parse(html).isEmpty)
        #expect(!html.contains("<b>container"))
        #expect(!html.contains("http://") && !html.contains("https://"))
        let text = ComparisonReport.terminal(
            before: Self.before, Self.beforeSummary, after: after, summary, width: width)
        for line in text.split(separator: "\n") { #expect(TerminalText.columns(String(line)) <= width) }
    }

    /// Hodges–Lehmann by hand: the median of the nine differences; equal shifts are found exactly.
    @Test func rankShift() throws {
        let shift = try #require(RankShift(from: [1, 2, 3, 4, 5], to: [11, 12, 13, 14, 15]))
        #expect(shift.estimate == 10)
        let interval = shift.interval(missing: 0.05)
        #expect(interval.low <= 10 && interval.high >= 10)
        #expect(RankShift(from: [1, 2, 3, 4], to: [1, 2, 3, 4, 5]) == nil)
        // 2 / C(10, 5): what R's wilcox.test gives for two samples of five that do not overlap.
        #expect(abs(shift.attainable - 0.007936507936507936) < 1e-12)
    }

    /// Quantiles of the normal distribution, from SciPy (norm.isf of half the probability).
    @Test func normalQuantiles() {
        #expect(abs(RankShift.normalQuantile(0.05) - 1.959963984540054) < 1e-9)
        #expect(abs(RankShift.normalQuantile(0.0005) - 3.480756404346212) < 1e-9)
    }
}
