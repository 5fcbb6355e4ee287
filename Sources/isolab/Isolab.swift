import ArgumentParser
import Glibc

/// The command-line tool: one file a command, no logic; what a command does is a call on Lab or Reports.
@main
struct Isolab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "isolab",
        abstract: "What does each kind of isolation cost on this machine, and what does it buy?",
        discussion: """
            The same workload runs as a process, in containers of isolab's own runtime core, in other runtimes, and in \
            guests through libvirt; start-up, memory and system calls are measured into a report.

            Exit status: 0 done, 1 the request failed, 2 the command line was wrong, 130 interrupted (what was measured \
            is kept).
            """,
        version: isolabVersion,
        subcommands: [
            BenchCommand.self, CompareCommand.self, DoctorCommand.self, LanesCommand.self, ReportCommand.self,
            LaunchCommand.self, RunCommand.self, ExecCommand.self,
        ])

    /// As ArgumentParser's own `main`, but with the exit statuses isolab promises (2 for a wrong command line).
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if code.isSuccess {
                print(text)
                Glibc.exit(0)
            }
            if !text.isEmpty { printToStandardError(text) }
            Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}

/// isolab's own version, as manifests and `--version` give it.
let isolabVersion = "0.1.0"

/// Writes one line where errors belong.
func printToStandardError(_ text: String) {
    var line = text + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
