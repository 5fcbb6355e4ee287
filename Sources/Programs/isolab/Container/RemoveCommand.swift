import ArgumentParser
import CommandSupport
import Engine

/// `isolab rm`: removes containers.
struct RemoveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove containers with everything they wrote.")

    @Argument(help: "Containers, by name or by the beginning of their identifiers.") var containers: [String]
    @Flag(name: .shortAndLong, help: "Kill containers and guests that are running.") var force = false
    @Flag(name: .shortAndLong, help: "Also remove their anonymous volumes.") var volumes = false

    func run() throws {
        var failed = false
        for container in containers {
            do {
                try Engine(warn: Warning.print).remove(container, force: force, removesVolumes: volumes)
                // As it was typed, which scripts compare.
                print(container)
            } catch {
                printToStandardError("isolab: \(error)")
                // With --force what is not there is no failure, as others have it.
                if force, case .unknown? = error as? EngineError { continue }
                failed = true
            }
        }
        if failed { throw ExitCode.failure }
    }
}
