import ArgumentParser
import Engine
import Presentation

/// `isolab volume prune`
struct VolumePruneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove anonymous volumes that no container has.")

    @Flag(name: .shortAndLong, help: "Also remove volumes with a name that no container has.") var all = false
    @Flag(name: .shortAndLong, help: "Accepted for scripts: there is no prompt anyway.") var force = false
    @Option(help: ArgumentHelp("label=NAME[=VALUE], label!=NAME[=VALUE], all=true.", valueName: "filter"))
    var filter: [String] = []

    func run() throws {
        do {
            let filter = try VolumeFilter("--filter", filter, names: ["label", "label!", "all"])
            let removed = try Engine(warn: Warning.print).pruneVolumes(
                all: all || filter.asksForAll, matching: filter.matches)
            for name in removed.names { print("Deleted: \(name)") }
            print("Total reclaimed space: \(HumanSize.text(removed.bytes))")
        } catch {
            throw Failure.exit(error)
        }
    }
}
