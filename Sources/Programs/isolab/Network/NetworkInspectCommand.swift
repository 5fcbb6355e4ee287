import ArgumentParser
import CommandSupport
import Engine
import Glibc

/// `isolab network inspect`
struct NetworkInspectCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show details of networks as JSON.")

    @Argument(help: "Networks, by name or by the beginning of their identifiers.") var networks: [String]
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Print this template instead of JSON, e.g. '{{.Driver}}'.", valueName: "template"))
    var format: String?

    func run() throws {
        do {
            let (text, faults) = try Engine(warn: Warning.print).inspectNetworks(networks, format: format)
            try Output.print(text, faults)
        } catch {
            throw Failure.exit(error)
        }
    }
}
