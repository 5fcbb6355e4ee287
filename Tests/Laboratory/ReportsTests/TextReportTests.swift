import RunRecord
import Testing

@testable import Reports

@Suite struct TextReportTests {
    static let run = ExampleRun.run(blocks: 20)
    static let summary = Summarizer.summarize(run)

    /// No line is wider than the terminal, whatever lanes are called.
    @Test(arguments: [60, 80, 132]) func terminalKeepsItsWidth(width: Int) {
        var shapes = ExampleRun.usual
        shapes[1].record.id = "container-with-a-name-that-nobody-would-give-a-lane-but-somebody-will"
        shapes[4].record.id = "容器容器容器容器容器容器容器容器容器容器"
        shapes[6].record.reason = String(repeating: "wide", count: 60)
        shapes[8].record.label = "software emulation, with a very long explanation that does not want to end"
        let run = ExampleRun.run(shapes: shapes, blocks: 6)
        let text = TerminalReport.render(run: run, summary: Summarizer.summarize(run), width: width)
        for line in text.split(separator: "\n") { #expect(TerminalText.columns(String(line)) <= width) }
    }

    /// Colour adds nothing but colour: without the escapes it is the same text.
    @Test func colourIsOnlyColour() {
        let plain = TerminalReport.render(run: Self.run, summary: Self.summary)
        let coloured = TerminalReport.render(run: Self.run, summary: Self.summary, colour: true)
        #expect(!plain.contains("\u{1B}"))
        #expect(coloured.contains("\u{1B}["))
        #expect(
            Self.lines(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "")) == Self.lines(plain))
    }

    /// Trailing spaces apart, which colour keeps from being trimmed.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var line = String(line)
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }

    /// A slope whose interval is not above zero is no figure: the lane is said to be not resolved, the others keep theirs.
    @Test func unresolvedSlopeIsSaid() throws {
        var run = ExampleRun.run(blocks: 20)
        #expect(!TerminalReport.render(run: run, summary: Self.summary).contains(Figures.unresolved))
        var sign = 1.0
        for index in run.samples.indices where run.samples[index].lane == run.manifest.baseline {
            for place in run.samples[index].measurements.indices
            where run.samples[index].measurements[place].metric == Metric.memorySlope {
                run.samples[index].measurements[place].value *= sign
                sign.negate()
            }
        }
        let summary = Summarizer.summarize(run)
        let cell = try #require(
            summary.cells.first { $0.lane == run.manifest.baseline && $0.metric == Metric.memorySlope })
        #expect(try #require(cell.estimate?.medianLow) < 0)
        let text = TerminalReport.render(run: run, summary: summary)
        let row = try #require(text.split(separator: "\n").first { $0.contains(Figures.unresolved) })
        #expect(row.contains(run.manifest.baseline))
        let page = HTMLReport.render(run: run, summary: summary)
        #expect(page.contains("Not resolved in this run: the slope of \(run.manifest.baseline)."))
    }

    /// A lane's name cannot drive the reader's terminal.
    @Test func controlCharactersDoNotReachTheTerminal() {
        var shapes = ExampleRun.usual
        shapes[1].record.id = "red\u{1B}[31mlane\u{7}"
        shapes[6].record.reason = "\u{1B}]0;title\u{7}"
        let run = ExampleRun.run(shapes: shapes, blocks: 6)
        let text = TerminalReport.render(run: run, summary: Summarizer.summarize(run))
        #expect(!text.contains("\u{1B}"))
        #expect(!text.contains("\u{7}"))
    }

    /// Every lane is in the terminal's table: with its median, or with the reason it has none.
    @Test func terminalNamesEveryLane() {
        let text = TerminalReport.render(run: Self.run, summary: Self.summary)
        for lane in Self.run.manifest.lanes { #expect(text.contains(lane.id)) }
        for cell in Self.summary.cells where cell.metric == Metric.startup && cell.workload == "exit (cold)" {
            if let estimate = cell.estimate { #expect(text.contains(Quantity.text(estimate.median, cell.unit))) }
        }
        #expect(text.contains("Guests: TCG, software emulation"))
        #expect(text.contains("apt-get install runsc"))
    }

    /// Every row of every Markdown table has as many cells as its head; a lane's name cannot break out of its cell.
    @Test func markdownTablesAreSquare() {
        var shapes = ExampleRun.usual
        shapes[1].record.id = "pipe|and`tick`<b>"
        let run = ExampleRun.run(shapes: shapes, blocks: 6)
        let markdown = MarkdownReport.render(run: run, summary: Summarizer.summarize(run))
        var width: Int?
        var tables = 0
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                width = nil
                continue
            }
            let cells = line.replacing("\\|", with: "").count { $0 == "|" } - 1
            if width == nil { tables += 1 }
            #expect(cells == width ?? cells)
            width = cells
        }
        #expect(tables > 10)
        #expect(!markdown.contains("<b>"))
        #expect(markdown.contains("pipe\\|and\\`tick\\`&lt;b&gt;"))
    }
}
