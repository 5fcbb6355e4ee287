import RunRecord

/// The command that does it all again.
struct ReproduceSection: ReportSection {
    let id = "reproduce"
    let title = "Do it again"

    func blocks(_ reading: Reading) -> [Block] {
        [
            .paragraph("The same lanes, in the same random order:"), .code(reading.manifest.command),
            .paragraph("This report, from the record beside it:"), .code("isolab report \(reading.manifest.run)"),
        ]
    }
}
