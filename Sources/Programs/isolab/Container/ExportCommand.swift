import ArgumentParser
import Engine
import Glibc
import Linux

/// `isolab export`: the files of a container.
struct ExportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the files of a container, with those of its image, to a tar archive.",
        discussion: "A running container is paused during the export. Volumes and other mounts are not included.")

    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String
    @Option(name: .shortAndLong, help: ArgumentHelp("A file; standard output if not given.", valueName: "file"))
    var output: String?

    func run() throws {
        do {
            let engine = try Engine(warn: Warning.print)
            try Output.archive(to: output) { try engine.export(container, to: $0) }
        } catch {
            throw Failure.exit(error)
        }
    }
}
