import ArgumentParser
import CommandSupport
import Glibc
import Linux

/// The registry: serves it, and collects its garbage.
@main
struct IsolabRegistry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "isolab-registry",
        abstract: "An OCI registry: stores images and artifacts, and serves them.",
        discussion: """
            Implements the OCI distribution specification 1.1 on a directory; `isolab registry` starts this program.

            Exit status: 0 done, 1 the request failed, 2 the command line was wrong.
            """,
        version: "isolab-registry \(Release.version)\ndistribution-spec: 1.1.0",
        subcommands: [ServeCommand.self, CollectCommand.self])

    /// As ArgumentParser's own `main`, but with the exit statuses isolab promises.
    static func main() async {
        // A client that hangs up, or a log whose reader is gone, is no reason to end.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot(
                try OptionWords.parsable(Array(CommandLine.arguments.dropFirst()), of: IsolabRegistry.self))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let fault as OptionWords.Fault {
            refuse("\(fault)", status: 2)
        } catch {
            end(with: error)
        }
    }
}

/// What a command throws for an error of the parts below: said once, and status 1.
func failure(_ error: any Error) -> any Error {
    if error is ExitCode || error is CleanExit { return error }
    printToStandardError("isolab-registry: \(error)")
    return ExitCode.failure
}
