import ArgumentParser
import Engine
import Images
import Presentation

/// `isolab image prune`: frees what no image needs.
struct PruneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove images without a name, and all that nothing leads to.")

    @Flag(name: .shortAndLong, help: "Every image that no container was made from.") var all = false

    func run() throws {
        do {
            let removal = try Engine(warn: Warning.print).pruneImages(all: all)
            RemovalText.print(removal)
            print("Total reclaimed space: \(HumanSize.text(removal.size))")
        } catch {
            throw Failure.exit(error)
        }
    }
}
