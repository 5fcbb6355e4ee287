import FoundationEssentials
import RunRecord
import Testing

@testable import Reports

/// What the report says in words follows from verdicts and configuration, and from nothing else.
@Suite struct FirstScreenTests {
    private static func comparison(
        _ verdict: Verdict, shift: Double, low: Double, high: Double, margin: Double? = 100
    ) -> Comparison {
        var comparison = Comparison(
            CellKey(experiment: "startup", workload: "exit", lane: "vm", metric: Metric.startup, unit: "ms"),
            against: "vm-qemu", title: "libvirt", samples: 12, baselineSamples: 12, shift: shift, shiftLow: low,
            shiftHigh: high, ratio: nil, ratioLow: nil, ratioHigh: nil, p: 0.5, cliffsDelta: 0, margin: margin,
            verdict: verdict)
        comparison.visible = 90
        comparison.blocksNeeded = 40
        return comparison
    }

    /// A cost that was not shown is not told as one: what is told is below what it lies.
    @Test func sentencesFollowVerdicts() {
        let undecided = ContrastText.sentence(Self.comparison(.undecided, shift: 0.365, low: -59.9, high: 75.5))
        #expect(undecided.hasPrefix("What libvirt costs cannot be told; below about 75.5\u{A0}ms"))
        let slower = ContrastText.sentence(Self.comparison(.slower, shift: 30, low: 20, high: 41))
        #expect(slower.hasPrefix("Libvirt costs +30"))
        #expect(slower.contains("within the margin of 100\u{A0}ms"))
        #expect(
            !ContrastText.sentence(Self.comparison(.slower, shift: 300, low: 200, high: 410)).contains("within"))
        #expect(
            ContrastText.sentence(Self.comparison(.same, shift: 3, low: -20, high: 21)).contains(
                "is the same within 100\u{A0}ms"))
        #expect(
            ContrastText.sentence(Self.comparison(.faster, shift: -30, low: -41, high: -20)).hasPrefix(
                "Libvirt costs nothing: vm against vm-qemu is faster by"))
        #expect(
            ContrastText.power(Self.comparison(.undecided, shift: 0, low: -60, high: 75))
                == "differences from 90.0\u{A0}ms would have been seen; 40 blocks would do for the margin of 100\u{A0}ms"
        )
        #expect(ContrastText.power(Self.comparison(.slower, shift: 0, low: 1, high: 2)) == nil)
    }

    /// Whether a container pays for its filter is counted from the calls' verdicts: with a filter that costs nothing, nothing of
    /// a price is said.
    @Test func theFiltersPriceIsCounted() throws {
        func paragraph(_ filter: Double) throws -> String {
            var shapes = ExampleRun.usual
            for index in shapes.indices where shapes[index].filter > 0 { shapes[index].filter = filter }
            let run = ExampleRun.run(shapes: shapes, blocks: 20)
            let reading = Reading(run: run, summary: Summarizer.summarize(run))
            guard case .paragraph(let text)? = SystemCallSection().blocks(reading).first else { return "" }
            return text
        }
        let dear = try paragraph(80)
        #expect(dear.contains("The seccomp filter (container against container-noseccomp), of"))
        #expect(dear.contains(" dearer, "))
        let free = try paragraph(0)
        #expect(free.contains("The seccomp filter (container against container-noseccomp), of"))
        #expect(!free.contains(" dearer, "))
        for text in [dear, free] { #expect(!text.contains("pays the native price")) }
    }

    /// A run from before margins were declared says so first, and calls nothing the same.
    @Test func oldRunsSayThatTheyHaveNoMargin() {
        var run = ExampleRun.run(blocks: 20)
        run.manifest.margins = nil
        let summary = Summarizer.summarize(run)
        #expect(!summary.comparisons.contains { $0.verdict == .same })
        let words = "declared no margin"
        let html = HTMLReport.render(run: run, summary: summary)
        #expect(html.components(separatedBy: "<section id=")[0].contains(words))
        #expect(MarkdownReport.render(run: run, summary: summary).contains(words))
        #expect(
            TerminalReport.render(run: run, summary: summary).replacing(/\s+/, with: " ").contains(words))
        run.manifest.margins = Margin.standard
        let declared = HTMLReport.render(run: run, summary: Summarizer.summarize(run))
        #expect(!declared.contains(words))
        #expect(declared.contains("10\u{A0}% of the reference, at least 50.0\u{A0}µs"))
    }

    /// A lane that differs from itself by as much as from the baseline is told on the first screen.
    @Test func anOverwhelmingFloorIsSaid() {
        var shapes = ExampleRun.usual
        shapes[1].startup = 0.33
        shapes[1].spread = 0.9
        let run = ExampleRun.run(shapes: shapes, blocks: 20)
        let first = HTMLReport.render(run: run, summary: Summarizer.summarize(run))
            .components(separatedBy: "<section id=")[0]
        #expect(
            first.contains("The noise floor of container&#39;s start-up")
                || first.contains("noise floor of container's"))
        let quiet = ExampleRun.run(blocks: 20)
        #expect(!HTMLReport.render(run: quiet, summary: Summarizer.summarize(quiet)).contains("is as large as"))
    }

    /// Every undecided cell says what could have been seen.
    @Test func undecidedSaysWhatCouldBeSeen() {
        var run = ExampleRun.run(blocks: 12)
        run.manifest.margins = Margin.standard
        let summary = Summarizer.summarize(run)
        let undecided = summary.comparisons.filter { $0.verdict == .undecided && $0.shiftLow != nil }
        #expect(!undecided.isEmpty)
        for comparison in undecided {
            #expect((comparison.visible ?? 0) > 0)
            #expect((comparison.blocksNeeded ?? 0) >= 6)
        }
        #expect(HTMLReport.render(run: run, summary: summary).contains("would have been seen"))
    }
}
