package import RunRecord

/// The report of a run as Markdown: the same words and tables as the HTML, for reading in a terminal or a code forge.
package enum MarkdownReport {
    /// Renders the report. Pure.
    package static func render(run: Run, summary: Summary) -> String {
        let reading = Reading(run: run, summary: summary)
        let answer = Answer(reading)
        var lines = ["# \(MarkdownText.escape(answer.headline))", ""]
        lines.append(
            MarkdownText.escape(
                "isolab \(run.manifest.version), run \(run.manifest.run), started \(run.manifest.started), seed "
                    + "\(run.manifest.seed)."))
        lines.append("")
        for warning in answer.warnings { lines += ["> **Mind:** \(MarkdownText.escape(warning))", ">"] }
        if !answer.warnings.isEmpty { lines[lines.count - 1] = "" }
        if let table = Glance(reading).table { lines += MarkdownText.table(table) }
        lines += ["## The answer in words", ""] + MarkdownText.list(answer.sentences)
        lines += ["## How sure", ""] + MarkdownText.list(answer.certainty)
        lines += ["## Accelerator of the guests", "", MarkdownText.escape(run.manifest.accelerator), ""]
        lines += ["## Not measured", ""]
        if answer.missing.isEmpty {
            lines += ["Nothing was left out: every lane ran.", ""]
        } else {
            lines += MarkdownText.list(
                answer.missing.map { entry in
                    "\(entry.lane): \(entry.reason)" + (entry.remedy.isEmpty ? "" : "; to enable: \(entry.remedy)")
                })
        }
        for section in ReportSections.all {
            let blocks = section.blocks(reading)
            guard !blocks.isEmpty else { continue }
            lines += ["## \(section.title)", ""] + blocks.flatMap(Self.lines)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Charts are left to the HTML; their tables and captions are all here.
    private static func lines(_ block: Block) -> [String] {
        switch block {
        case .paragraph(let text), .note(let text): [MarkdownText.escape(text), ""]
        case .heading(let text): ["### \(MarkdownText.escape(text))", ""]
        case .list(let items): MarkdownText.list(items)
        case .terms(let terms):
            terms.map { "- **\(MarkdownText.escape($0.name))**: \(MarkdownText.escape($0.value))" } + [""]
        case .table(let table): MarkdownText.table(table)
        case .figure(let figure): MarkdownText.table(figure.table)
        case .panels(_, let panels):
            panels.flatMap { ["### \(MarkdownText.escape($0.name))", ""] + $0.blocks.flatMap(lines) }
        case .details(let title, let blocks): ["### \(MarkdownText.escape(title))", ""] + blocks.flatMap(lines)
        case .code(let text): MarkdownText.code(text)
        }
    }
}
