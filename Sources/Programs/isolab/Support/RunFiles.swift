import Reports
import RunRecord

/// Derives what a run's directory holds besides its record.
enum RunFiles {
    /// A run as read, and what follows from it.
    struct Rendered {
        let run: Run
        let summary: Summary
        let notes: [String]
    }

    /// Reads the record and writes summary.csv and the reports anew.
    static func render(_ path: String) throws -> Rendered {
        let reading = try Run.read(directory: path)
        let summary = Summarizer.summarize(reading.run)
        let directory = RunDirectory(path)
        try directory.write(summary, manifest: reading.run.manifest)
        for format in ReportFormat.all { try directory.write(format.render(reading.run, summary), to: format.file) }
        return Rendered(run: reading.run, summary: summary, notes: reading.notes)
    }
}
