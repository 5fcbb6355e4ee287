import ArgumentParser
import Engine

/// `isolab diff`: what a container changed.
struct DiffCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what a container changed: A added, C changed, D deleted.")

    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String
    @Option(help: ArgumentHelp("json, or a template like '{{.Kind}} {{.Path}}'.", valueName: "format"))
    var format: String?

    func run() throws {
        do {
            let text = try Engine(warn: Warning.print).changes(of: container, format: format)
            Output.print(text)
        } catch {
            throw Failure.exit(error)
        }
    }
}
