import ArgumentParser
import Linux
import Reports
import RunRecord

/// `isolab compare`: what changed between two runs.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Say what changed from one run to another.",
        discussion: "Runs on hosts that differ in what matters are refused; --force compares them, stamped.")

    @Argument(help: "The earlier run's directory.") var before: String
    @Argument(help: "The later run's directory.") var after: String
    @Flag(help: "Compare although the hosts differ in what matters.") var force = false
    @Option(name: .shortAndLong, help: ArgumentHelp("Write the comparison as HTML too.", valueName: "file"))
    var output: String?

    func run() throws {
        do {
            let (first, second) = (try Run.read(directory: before).run, try Run.read(directory: after).run)
            let comparison = try RunComparison.compare(first, second, force: force)
            print(
                ComparisonReport.terminal(
                    comparison, before: first.manifest, after: second.manifest, colour: standardOutputTakesColour))
            if let output {
                let html = ComparisonReport.html(comparison, before: first.manifest, after: second.manifest)
                try NamedOutput.write(Array(html.utf8), to: output)
                print("comparison: \(output)")
            }
        } catch {
            throw Failure.exit(error)
        }
    }
}
