package import RunRecord

/// The report of a run as one HTML file: no network, no script needed to read it.
package enum HTMLReport {
    /// Renders the report. Pure: the same run and summary give the same bytes.
    package static func render(run: Run, summary: Summary) -> String {
        let reading = Reading(run: run, summary: summary)
        let sections = ReportSections.all.compactMap { section -> (section: any ReportSection, blocks: [Block])? in
            let blocks = section.blocks(reading)
            return blocks.isEmpty ? nil : (section, blocks)
        }
        let page = HTMLPage(
            title: "isolab: \(run.manifest.run)",
            description: Answer(reading).headline,
            contents: sections.map { ($0.section.id, $0.section.title) },
            header: HTMLHeader.render(reading),
            body: sections.map { entry in
                element("section", ["id": entry.section.id, "aria-labelledby": "\(entry.section.id)-title"]) {
                    element("h2", ["id": "\(entry.section.id)-title"]) { entry.section.title }
                    HTMLBlocks.render(entry.blocks)
                }
            },
            footer: "isolab \(run.manifest.version) · run \(run.manifest.run) · seed \(run.manifest.seed)")
        return page.render()
    }
}
