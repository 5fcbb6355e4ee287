import ArgumentParser
import CommandSupport
import Reports
import RunRecord

/// `isolab report`: renders a run again.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Recreate a run's summaries and report from its samples.")

    @Argument(help: ArgumentHelp("A run's directory, e.g. reports/2026-11-23T2310-quick.", valueName: "run"))
    var directory: String

    func run() throws {
        do {
            let rendered = try RunFiles.render(directory)
            for note in rendered.notes { printToStandardError("isolab: \(note)") }
            print(
                TerminalReport.render(run: rendered.run, summary: rendered.summary, colour: standardOutputTakesColour))
            print("report: \(RunDirectory(directory).path(of: .html))")
        } catch {
            throw Failure.exit(error)
        }
    }
}
