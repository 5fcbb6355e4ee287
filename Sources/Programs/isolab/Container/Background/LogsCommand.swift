import ArgumentParser
import Engine
import Linux

/// `isolab logs`: what a container in the background has said.
struct LogsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what a container in the background has written to its output.")

    @Flag(name: .shortAndLong, help: "Print new lines until the container ends.") var follow = false
    @Option(
        name: [.customShort("n"), .customLong("tail")], parsing: .unconditional,
        help: ArgumentHelp("Show the last lines only.", valueName: "number"))
    var tail = "all"
    @Option(
        help: ArgumentHelp(
            "Only lines since this time: 2026-11-24T08:50:07Z, or how long ago, e.g. 10m.", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Only lines until this time.", valueName: "time")) var until: String?
    @Flag(name: .shortAndLong, help: "Show when each line was written.") var timestamps = false
    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String

    func run() throws {
        do {
            var request = LogRequest()
            request.follows = follow
            request.showsTime = timestamps
            try request.set(tail: tail)
            try request.set(since: since, until: until)
            try Engine(warn: Warning.print).logs(of: container, request) { piece, isError in
                do {
                    try SystemFile.write(Array(piece), to: isError ? 2 : 1, "the output")
                    return true
                } catch { return false }
            }
        } catch {
            throw Failure.exit(error)
        }
    }
}
