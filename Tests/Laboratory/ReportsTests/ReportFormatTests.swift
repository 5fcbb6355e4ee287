import RunRecord
import Testing

@testable import Reports

/// A format of the report is a line of one table: whoever writes reports goes through it.
@Suite struct ReportFormatTests {
    /// Every file that a run's directory has for a report is written by one format, and by no more.
    @Test func everyFileHasOne() {
        let files = RunDirectory.File.allCases.filter { $0.rawValue.hasPrefix("report.") }
        #expect(ReportFormat.all.map(\.file.rawValue).sorted() == files.map(\.rawValue).sorted())
    }

    /// Each says the answer that the run has, and says it the same way twice.
    @Test(arguments: ReportFormat.all.indices) func saysTheAnswer(_ index: Int) {
        let format = ReportFormat.all[index]
        let run = ExampleRun.run(blocks: 12, only: true)
        let summary = Summarizer.summarize(run)
        let text = format.render(run, summary)
        #expect(text == format.render(run, summary))
        #expect(text.contains(run.manifest.run))
        #expect(text.contains("container"))
    }
}
