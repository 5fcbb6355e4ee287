import ArgumentParser
import Engine

/// `isolab ps`: the containers.
struct PsCommand: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "ps", abstract: "List containers that run, or all.")

    @Flag(name: .shortAndLong, help: "Those that have ended, too.") var all = false
    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Flag(name: .shortAndLong, help: "What each wrote, and what it has with its image.") var size = false
    @OptionGroup var list: ListOptions

    func run() throws {
        do {
            let engine = try Engine(warn: Warning.print)
            let containers = try engine.containersWithStatus(all: all)
            let sizes = size ? try engine.containerUse() : nil
            try list.print(.containers(containers, sizes: sizes, noTruncation: list.noTrunc), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
