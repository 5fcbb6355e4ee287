import RunRecord
import Testing

@testable import Reports

@Suite struct RatioTests {
    static let run = ExampleRun.run(blocks: 12)
    static let summary = Summarizer.summarize(run, resamples: 100)

    /// A ratio that was computed is printed for a container, and for no emulated guest in any form of the report.
    @Test func emulatedLanesHaveNoRatio() throws {
        let reading = Reading(run: Self.run, summary: Self.summary)
        let startup = Self.summary.comparisons.filter { $0.metric == Metric.startup }
        let container = try #require(startup.first { $0.lane == "container" })
        let guest = try #require(startup.first { $0.lane == "vm" })
        #expect(guest.ratio != nil)
        #expect(reading.ratio(container).contains("×"))
        #expect(reading.ratio(guest) == "no ratio: software emulation")
        #expect(reading.spokenRatio(guest) == nil)
        let text = try #require(guest.ratio.map { Quantity.ratio($0) })
        for form in [
            HTMLReport.render(run: Self.run, summary: Self.summary),
            MarkdownReport.render(run: Self.run, summary: Self.summary),
        ] {
            #expect(!form.contains(text))
            #expect(form.contains("no ratio: software emulation"))
        }
    }

    /// Above a thousand a ratio is only that; against a baseline the clock does not resolve there is none.
    @Test func absurdRatiosAreNotPrinted() throws {
        var comparison = try #require(
            Self.summary.comparisons.first { $0.metric == Metric.teardown && $0.lane == "container" })
        comparison.ratio = 1_696
        let reading = Reading(run: Self.run, summary: Self.summary)
        #expect(reading.ratio(comparison) == ">\u{A0}1000×")
        var summary = Self.summary
        for index in summary.cells.indices
        where summary.cells[index].lane == "native" && summary.cells[index].metric == Metric.teardown {
            // 126 ns, in the record's milliseconds.
            summary.cells[index].estimate?.median = 126e-6
        }
        #expect(Reading(run: Self.run, summary: summary).ratio(comparison) == "no ratio: native takes under 1\u{A0}µs")
    }

    /// Bytes and CPU time are more or less, durations slower or faster.
    @Test func verdictsSpeakTheMetricsLanguage() {
        #expect(Words.verdict(.slower, Metric.memoryPSS, "B") == "more")
        #expect(Words.verdict(.faster, Metric.cpu, "ms") == "less")
        #expect(Words.verdict(.slower, Metric.startup, "ms") == "slower")
        #expect(Words.verdict(.undecided, Metric.memoryPSS, "B") == "undecided")
    }
}
