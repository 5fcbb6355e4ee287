import RunRecord
import Testing

@testable import Reports

@Suite struct ComparisonReportTests {
    static let before = ExampleRun.run(seed: 7, blocks: 20)

    private static func after(_ change: (inout [ExampleRun.Shape]) -> Void) -> Run {
        var shapes = ExampleRun.usual
        change(&shapes)
        return ExampleRun.run(seed: 8, shapes: shapes, blocks: 20)
    }

    private static func compare(_ after: Run, force: Bool = false) throws -> RunComparison {
        try RunComparison.compare(before, after, force: force, resamples: 100)
    }

    /// A change is told with the figures and the word of the record, in the terminal and in the page.
    @Test func changesAreTold() throws {
        let after = Self.after { $0[1].startup *= 0.6 }
        let comparison = try Self.compare(after)
        let change = try #require(
            comparison.changes.first {
                $0.key.lane == "container" && $0.key.metric == Metric.startup && $0.key.workload == "exit (cold)"
            })
        #expect(change.verdict == .faster)
        let text = ComparisonReport.terminal(comparison, before: Self.before.manifest, after: after.manifest)
        let html = ComparisonReport.html(comparison, before: Self.before.manifest, after: after.manifest)
        for figure in [change.medianBefore, change.medianAfter] {
            #expect(text.contains(Quantity.text(figure, change.key.unit)))
            #expect(html.contains(">\(Quantity.text(figure, change.key.unit))<"))
        }
        #expect(text.contains("▼ faster"))
        #expect(html.contains("▼ faster"))
    }

    /// The same run twice differs in nothing, and the headline says so.
    @Test func aRunAgainstItselfIsUnchanged() throws {
        let comparison = try Self.compare(Self.before)
        let change = RunChange(comparison, before: Self.before.manifest, after: Self.before.manifest)
        #expect(change.headline.hasPrefix("Nothing changed beyond the noise floor"))
        #expect(!change.forced)
    }

    /// A comparison that was forced is stamped, and names what differs.
    @Test func forcedComparisonsAreStamped() throws {
        var after = Self.before
        after.manifest.host[1].facts[0].value = "6.19.0"
        let comparison = try Self.compare(after, force: true)
        let html = ComparisonReport.html(comparison, before: Self.before.manifest, after: after.manifest)
        #expect(html.contains("<b>Forced: </b>"))
        #expect(html.contains("6.19.0"))
        let text = ComparisonReport.terminal(comparison, before: Self.before.manifest, after: after.manifest)
        #expect(text.contains("FORCED"))
        #expect(text.contains("6.18.0 → 6.19.0"))
    }

    /// Both forms keep their frames: well-formed HTML without addresses, text within the width, hostile names escaped;
    /// a lane that only one run has is told as such.
    @Test(arguments: [60, 80]) func formsAreSound(width: Int) throws {
        let after = Self.after { $0[1].record.id = "<b>container" }
        let comparison = try Self.compare(after)
        let html = ComparisonReport.html(comparison, before: Self.before.manifest, after: after.manifest)
        #expect(try !Elements.parse(html).isEmpty)
        #expect(!html.contains("<b>container"))
        #expect(html.contains("no figure in the run before"))
        #expect(!html.contains("http://") && !html.contains("https://"))
        let text = ComparisonReport.terminal(
            comparison, before: Self.before.manifest, after: after.manifest, width: width)
        for line in text.split(separator: "\n") { #expect(TerminalText.columns(String(line)) <= width) }
    }
}
