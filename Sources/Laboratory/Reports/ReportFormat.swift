package import RunRecord

/// A form in which a run's report is written into its directory. `TerminalReport` is printed, and not kept.
package struct ReportFormat: Sendable {
    package let file: RunDirectory.File
    /// Pure: the same run and summary give the same text.
    package let render: @Sendable (Run, Summary) -> String

    /// All there are.
    package static let all: [ReportFormat] = [
        ReportFormat(file: .html) { HTMLReport.render(run: $0, summary: $1) },
        ReportFormat(file: .markdown) { MarkdownReport.render(run: $0, summary: $1) },
    ]
}
