import ArgumentParser
import CommandSupport
import Engine

/// `isolab rm`: removes containers.
struct RemoveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove containers and what they wrote.")

    @Argument(help: "Names, or the beginnings of identifiers.") var containers: [String]
    @Flag(name: .shortAndLong, help: "End those that run.") var force = false

    func run() throws {
        var failed = false
        for container in containers {
            do { print(try Engine(warn: Warning.print).remove(container, force: force)) } catch {
                printToStandardError("isolab: \(error)")
                failed = true
            }
        }
        if failed { throw ExitCode.failure }
    }
}
