import ArgumentParser
import Engine
import Presentation

/// `isolab container prune`: removes the containers that have ended.
struct ContainerPruneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all containers that are not running.")

    @OptionGroup var confirmation: PruneConfirmation

    func run() throws {
        do {
            try confirmation.ask("all containers that are not running")
            let freed = try Engine(warn: Warning.print).pruneContainers { print("Deleted: \($0)") }
            print("Total reclaimed space: \(HumanSize.text(freed))")
        } catch {
            throw Failure.exit(error)
        }
    }
}
