import ArgumentParser
import Engine
import Glibc
import Linux

/// `isolab events`: what happens to containers, images, networks and volumes.
struct EventsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happens to containers, images, networks and volumes.",
        usage: "isolab events [<options>]")

    @OptionGroup var options: EventOptions

    func run() throws { try options.show() }
}

/// `isolab system events`: the same.
struct SystemEventsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: EventsCommand.configuration.abstract,
        usage: "isolab system events [<options>]")

    @OptionGroup var options: EventOptions

    func run() throws { try options.show() }
}

/// What both take.
struct EventOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Also what has happened since this time: 2026-11-24T08:50:07Z, or how long ago, e.g. 10m.",
            valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Only what happens until this time, and end then.", valueName: "time"))
    var until: String?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "type=container (or image, network, volume), event=, container=, image=, network=, volume=, label=.",
            valueName: "filter"))
    var filter: [String] = []
    @Option(
        help: ArgumentHelp(
            "json, or a template like '{{.Action}} {{.Actor.Attributes.name}}'.", valueName: "format"))
    var format: String?

    func show() throws {
        do {
            let request = try EventRequest(since: since, until: until, filters: filter, format: format)
            let isTerminal = isatty(STDOUT_FILENO) == 1
            try Engine(warn: Warning.print).events(request) { line in
                // What they tell may come from anywhere.
                let shown = isTerminal ? line.displayable(keepingLines: true) : line
                do {
                    try SystemFile.write(Array(shown.utf8), to: STDOUT_FILENO, "the output")
                    return true
                } catch { return false }
            }
        } catch {
            throw Failure.exit(error)
        }
    }
}
