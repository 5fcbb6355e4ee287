import ArgumentParser
import Engine

/// `isolab ps`: the containers.
struct PsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List running containers, or all.", usage: "isolab ps [<options>]")

    @OptionGroup var options: PsOptions

    func run() throws { try options.list() }
}

/// What all names of it take.
struct PsOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Include containers that have ended.") var all = false
    @Flag(name: .shortAndLong, help: "Print identifiers only.") var quiet = false
    @Flag(name: .shortAndLong, help: "Show how much each has written, and its size with the image.") var size = false
    @Option(
        name: [.customShort("n"), .customLong("last")], parsing: .unconditional,
        help: ArgumentHelp("Show the latest containers, whatever their state.", valueName: "number"))
    var last: Int?
    @Flag(name: .shortAndLong, help: "Show the latest container, whatever its state.") var latest = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            name=REGEX, id=, status=, health=, exited=, label=NAME[=VALUE] (all must hold), ancestor=IMAGE, volume=, network=, \
            publish=PORT, expose=PORT, before=, since=.
            """,
            valueName: "filter"))
    var filter: [String] = []
    @OptionGroup var form: ListOptions

    func list() throws {
        do {
            let engine = try Engine(warn: Warning.print)
            let filter = try ContainerFilter("--filter", filter)
            let count = latest ? 1 : last.flatMap { $0 >= 0 ? $0 : nil }
            let found = try engine.containersWithStatus(all: all || count != nil || filter.asksForEnded, filter)
            let containers = Array(found.prefix(count ?? .max))
            // As docker has it, a template that names sizes asks for them.
            let sizes = try size || form.asks(for: "Size") ? try engine.containerUse() : nil
            try form.print(
                .containers(
                    containers, sizes: sizes, health: engine.health(of: containers), noTruncation: form.noTrunc),
                quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
