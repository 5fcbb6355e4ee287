import ArgumentParser
import Engine
import Presentation

/// `isolab network ls`
struct NetworkListCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List networks, with the containers in them.", aliases: ["list"])

    @Flag(name: .shortAndLong, help: "Print identifiers only.") var quiet = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "name=REGEX, id=, driver=, label=NAME[=VALUE], type=builtin|custom, dangling=true|false, scope=local.",
            valueName: "filter"))
    var filter: [String] = []
    @OptionGroup var form: ListOptions

    func run() throws {
        do {
            let filter = try NetworkFilter(
                "--filter", filter, names: ["name", "id", "driver", "label", "type", "dangling", "scope"])
            let networks = try Engine(warn: Warning.print).networksWithEndpoints().filter { filter.matches($0) }
            try form.print(.networks(networks, noTruncation: form.noTrunc), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
