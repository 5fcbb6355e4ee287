import ArgumentParser
import CommandSupport
import Engine

/// `isolab network rm`
struct NetworkRemoveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove networks that no container uses.",
        discussion: "The network named bridge can be removed as well: it is created again when it is next used.",
        aliases: ["remove"])

    @Argument(help: "Networks, by name or by the beginning of their identifiers.") var networks: [String]
    @Flag(name: .shortAndLong, help: "Do not fail for networks that do not exist.") var force = false

    func run() throws {
        var failed = false
        for network in networks {
            do { print(try Engine(warn: Warning.print).removeNetwork(network)) } catch {
                if force, Engine.isUnknownNetwork(error) { continue }
                printToStandardError("isolab: \(error)")
                failed = true
            }
        }
        if failed { throw ExitCode.failure }
    }
}

/// `isolab network prune`
struct NetworkPruneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove the networks that no container uses, except the one named bridge.")

    @OptionGroup var confirmation: PruneConfirmation
    @Option(help: ArgumentHelp("label=NAME[=VALUE], label!=NAME[=VALUE].", valueName: "filter"))
    var filter: [String] = []

    func run() throws {
        do {
            let filter = try NetworkFilter("--filter", filter, names: ["label", "label!"])
            try confirmation.ask("all networks that no container uses, except the one named bridge")
            for name in try Engine(warn: Warning.print).pruneNetworks(matching: filter) { print("Deleted: \(name)") }
        } catch {
            throw Failure.exit(error)
        }
    }
}
