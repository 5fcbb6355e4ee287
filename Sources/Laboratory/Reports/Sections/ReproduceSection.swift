import RunRecord

/// The command that does it all again.
struct ReproduceSection: ReportSection {
    let id = "reproduce"
    let title = "Do it again"

    func blocks(_ reading: Reading) -> [Block] {
        let run = reading.manifest.run
        // A name that begins with a hyphen would be read as an option.
        let path = run.utf8.first == UInt8(ascii: "-") ? "./\(run)" : run
        return [
            .paragraph("The same lanes, in the same random order:"), .code(reading.manifest.command),
            .paragraph("This report, from the record beside it:"),
            .code(ShellLine.quoted(["isolab", "report", path])),
        ]
    }
}
