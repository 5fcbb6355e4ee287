import ArgumentParser
import CommandSupport
import Engine

/// `isolab volume rm`
struct VolumeRemoveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove volumes with everything in them.", aliases: ["remove"])

    @Argument(help: "Volumes, by name or by the beginning of their identifiers.") var volumes: [String]
    @Flag(name: .shortAndLong, help: "Do not fail for volumes that do not exist.") var force = false

    func run() throws {
        var failed = false
        for volume in volumes {
            do { print(try Engine(warn: Warning.print).removeVolume(volume)) } catch {
                if force, Engine.isUnknownVolume(error) { continue }
                printToStandardError("isolab: \(error)")
                failed = true
            }
        }
        if failed { throw ExitCode.failure }
    }
}
