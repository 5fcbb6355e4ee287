import ArgumentParser
import Engine

/// `isolab ps`: the containers.
struct PsCommand: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "ps", abstract: "List containers that run, or all.")

    @Flag(name: .shortAndLong, help: "Those that have ended, too.") var all = false
    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @OptionGroup var list: ListOptions

    func run() throws {
        do {
            let containers = try Engine(warn: Warning.print).containersWithStatus(all: all)
            try list.print(.containers(containers, noTruncation: list.noTrunc), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
