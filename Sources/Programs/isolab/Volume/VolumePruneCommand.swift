import ArgumentParser
import Engine
import Presentation

/// `isolab volume prune`
struct VolumePruneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove anonymous volumes that no container uses.")

    @Flag(name: .shortAndLong, help: "Also remove named volumes that no container uses.") var all = false
    @OptionGroup var confirmation: PruneConfirmation
    @Option(help: ArgumentHelp("label=NAME[=VALUE], label!=NAME[=VALUE], all=true.", valueName: "filter"))
    var filter: [String] = []

    func run() throws {
        do {
            let filter = try VolumeFilter("--filter", filter, names: ["label", "label!", "all"])
            let isAll = all || filter.asksForAll
            try confirmation.ask(
                isAll ? "all volumes that no container uses" : "all anonymous volumes that no container uses")
            let removed = try Engine(warn: Warning.print).pruneVolumes(
                all: isAll, matching: filter.matches)
            for name in removed.names { print("Deleted: \(name)") }
            print("Total reclaimed space: \(HumanSize.text(removed.bytes))")
        } catch {
            throw Failure.exit(error)
        }
    }
}
