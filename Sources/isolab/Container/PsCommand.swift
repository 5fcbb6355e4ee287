import ArgumentParser
import Engine

/// `isolab ps`: the containers.
struct PsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List containers that run, or all.", usage: "isolab ps [<options>]")

    @Flag(name: .shortAndLong, help: "Those that have ended, too.") var all = false
    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Flag(name: .shortAndLong, help: "What each wrote, and what it has with its image.") var size = false
    @Option(
        name: [.customShort("n"), .customLong("last")], parsing: .unconditional,
        help: ArgumentHelp("The latest so many, those that have ended too.", valueName: "number"))
    var last: Int?
    @Flag(name: .shortAndLong, help: "The latest one, though it has ended.") var latest = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "name=, id=, status=, exited=, label=NAME[=VALUE], ancestor=IMAGE, before=, since=.", valueName: "filter"))
    var filter: [String] = []
    @OptionGroup var list: ListOptions

    func run() throws {
        do {
            let engine = try Engine(warn: Warning.print)
            let filter = try ContainerFilter("--filter", filter)
            let count = latest ? 1 : last.flatMap { $0 >= 0 ? $0 : nil }
            let found = try engine.containersWithStatus(all: all || count != nil || filter.asksForEnded, filter)
            let containers = Array(found.prefix(count ?? .max))
            let sizes = size ? try engine.containerUse() : nil
            try list.print(.containers(containers, sizes: sizes, noTruncation: list.noTrunc), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
