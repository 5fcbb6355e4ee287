import ArgumentParser
import Engine
import Glibc
import Linux

/// `isolab volume export`
struct VolumeExportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the files of a volume to a tar archive.",
        discussion: "The export fails if a file changes its size meanwhile: stop the containers that write to it first."
    )

    @Argument(help: "The volume, by name or by the beginning of its identifier.") var volume: String
    @Option(name: .shortAndLong, help: ArgumentHelp("A file; standard output if not given.", valueName: "file"))
    var output: String?

    func run() throws {
        do {
            let engine = try Engine(warn: Warning.print)
            try Output.archive(to: output) { try engine.exportVolume(volume, to: $0) }
        } catch {
            throw Failure.exit(error)
        }
    }
}

/// `isolab volume import`
struct VolumeImportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Extract a tar archive into an empty volume.",
        discussion: """
            A volume that does not exist is created. The archive may be compressed by gzip or zstd; one that could lead outside \
            is refused, and nothing of it is kept.
            """)

    @Argument(help: "The volume, by name or by the beginning of its identifier.") var volume: String
    @Argument(help: "The archive; standard input if not given, or with -.") var source = "-"

    func run() throws {
        do {
            let engine = try Engine(warn: Warning.print)
            guard source != "-" else { return try engine.importVolume(volume, from: STDIN_FILENO) }
            let file = try OwnedDescriptor(opening: source, O_RDONLY)
            try engine.importVolume(volume, from: file.number)
        } catch {
            throw Failure.exit(error)
        }
    }
}
