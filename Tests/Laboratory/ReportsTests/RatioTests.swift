import RunRecord
import Testing

@testable import Reports

@Suite struct RatioTests {
    static let run = ExampleRun.run(blocks: 12)
    static let summary = Summarizer.summarize(run)

    /// A ratio is printed for a container, and computed for no emulated guest: what no report prints, no table holds.
    @Test func emulatedLanesHaveNoRatio() throws {
        let reading = Reading(run: Self.run, summary: Self.summary)
        let startup = Self.summary.comparisons.filter { $0.metric == Metric.startup && $0.baseline == "native" }
        let container = try #require(startup.first { $0.lane == "container" })
        let guest = try #require(startup.first { $0.lane == "vm" })
        #expect(guest.ratio == nil && guest.ratioLow == nil && guest.ratioHigh == nil)
        #expect(reading.ratio(container).contains("×"))
        #expect(reading.ratio(guest) == "no ratio: software emulation")
        #expect(reading.spokenRatio(guest) == nil)
        for form in [
            HTMLReport.render(run: Self.run, summary: Self.summary),
            MarkdownReport.render(run: Self.run, summary: Self.summary),
        ] {
            #expect(form.contains("no ratio: software emulation"))
        }
        for comparison in Self.summary.comparisons where !comparison.ratioWithheld.isEmpty {
            #expect(comparison.ratio == nil)
        }
    }

    /// Above a thousand a ratio is only that, and no table holds it; against a baseline the clock does not resolve there is none.
    @Test(arguments: [(5e-7, ">\u{A0}1000×"), (1e-8, "no ratio: native takes under 1\u{A0}µs")])
    func absurdRatiosAreNotPrinted(factor: Double, expected: String) throws {
        var run = Self.run
        for index in run.samples.indices where run.samples[index].lane == "native" {
            for place in run.samples[index].measurements.indices
            where run.samples[index].measurements[place].metric == Metric.startup {
                run.samples[index].measurements[place].value *= factor * 1e4
            }
        }
        let summary = Summarizer.summarize(run)
        let comparison = try #require(
            summary.comparisons.first {
                $0.metric == Metric.startup && $0.lane == "container" && $0.baseline == "native"
            })
        #expect(comparison.ratio == nil)
        #expect(Reading(run: run, summary: summary).ratio(comparison) == expected)
    }

    /// A ratio that may as well be another one never stands without its interval, in words, at a glance and in the terminal.
    @Test func wideRatiosHaveTheirInterval() throws {
        var shapes = ExampleRun.usual
        shapes[1].spread = 0.9
        let run = ExampleRun.run(shapes: shapes, blocks: 20)
        let summary = Summarizer.summarize(run)
        let reading = Reading(run: run, summary: summary)
        let primary = try #require(reading.primary)
        let cell = try #require(reading.cell(primary, "container", Metric.startup))
        let comparison = try #require(reading.comparison(of: cell))
        try #require(comparison.ratio != nil && comparison.isRatioWide)
        let spoken = try #require(reading.spokenRatio(comparison))
        #expect(spoken.contains("× [") || spoken.contains("×\u{A0}["))
        let short = try #require(reading.shortRatio(comparison))
        #expect(short.contains(" to "))
        let rows = TerminalReport.render(run: run, summary: summary).split(separator: "\n")
        #expect(rows.contains { $0.hasPrefix("  container ") && $0.contains(short) })
        for row in rows { #expect(TerminalText.columns(String(row)) <= 80, "\(row)") }
        #expect(
            try #require(Glance(reading).table).rows.contains { row in row.contains { $0.detail.contains(spoken) } })
        var narrow = comparison
        let ratio = try #require(comparison.ratio)
        (narrow.ratioLow, narrow.ratioHigh) = (ratio * 0.95, ratio * 1.05)
        #expect(reading.spokenRatio(narrow) == Quantity.ratio(ratio))
        #expect(reading.shortRatio(narrow) == Quantity.ratio(ratio))
    }

    /// Bytes and CPU time are more or less, durations slower or faster.
    @Test func verdictsSpeakTheMetricsLanguage() {
        #expect(Verdict.slower.word(for: Metric.memoryPSS, unit: "B") == "more")
        #expect(Verdict.faster.word(for: Metric.cpu, unit: "ms") == "less")
        #expect(Verdict.slower.word(for: Metric.startup, unit: "ms") == "slower")
        #expect(Verdict.undecided.word(for: Metric.memoryPSS, unit: "B") == "undecided")
    }
}
