import ArgumentParser
import CommandSupport
import Engine
import Glibc

/// `isolab volume inspect`
struct VolumeInspectCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show details of volumes as JSON.")

    @Argument(help: "Volumes, by name or by the beginning of their identifiers.") var volumes: [String]
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Print this template instead of JSON, e.g. '{{.Mountpoint}}'.", valueName: "template"))
    var format: String?

    func run() throws {
        do {
            let (text, faults) = try Engine(warn: Warning.print).inspectVolumes(volumes, format: format)
            try Output.print(text, faults)
        } catch {
            throw Failure.exit(error)
        }
    }
}
