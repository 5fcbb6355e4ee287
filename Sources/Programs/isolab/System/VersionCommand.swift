import ArgumentParser
import Engine

/// `isolab version`: of the command, and of the engine that is a part of it.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the version of the command and of the engine.",
        usage: "isolab version [<options>]")

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("json, or a template like '{{.Server.Version}}'.", valueName: "format"))
    var format: String?

    func run() throws {
        do { Output.print(try VersionText.text(isolabVersion, format: format)) } catch { throw Failure.exit(error) }
    }
}
