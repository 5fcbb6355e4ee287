import ArgumentParser
import Engine
import Images
import Presentation

/// `isolab container prune`: removes the containers that have ended.
struct ContainerPruneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all containers that are not running.")

    @OptionGroup var confirmation: PruneConfirmation

    func run() throws {
        do {
            try confirmation.ask("all containers that are not running")
            let engine = try Engine(warn: Warning.print)
            let sizes = try engine.containerUse()
            var freed: Int64 = 0
            for (container, status) in try engine.containersWithStatus(all: true) where !status.isAlive {
                // One that is being made at this moment has an owner, and stays.
                guard (try? engine.remove(container.id)) != nil else { continue }
                print("Deleted: \(container.name)")
                freed = freed.addingReportingOverflow(sizes[container.id]?.own ?? 0).partialValue
            }
            print("Total reclaimed space: \(HumanSize.text(freed))")
        } catch {
            throw Failure.exit(error)
        }
    }
}
