import ArgumentParser
import Engine

/// `isolab info`: what is here, and how containers come about on this host.
struct InformationCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show what is stored and running, and how containers run on this host.",
        usage: "isolab info [<options>]")

    @OptionGroup var options: InformationOptions

    func run() throws { try options.show() }
}

/// `isolab system info`: the same.
struct SystemInformationCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: InformationCommand.configuration.abstract,
        usage: "isolab system info [<options>]")

    @OptionGroup var options: InformationOptions

    func run() throws { try options.show() }
}

/// What both take.
struct InformationOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("json, or a template like '{{.CgroupVersion}}'.", valueName: "format"))
    var format: String?

    func show() throws {
        do {
            Output.print(try Engine(warn: Warning.print).information(version: isolabVersion, format: format))
        } catch {
            throw Failure.exit(error)
        }
    }
}
