import ArgumentParser
import Engine

/// `isolab volume rename`
struct VolumeRenameCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a volume another name.",
        discussion: "Containers that use the volume, also running ones, keep it: they know it by its identifier.")

    @Argument(help: "The volume, by name or by the beginning of its identifier.") var volume: String
    @Argument(help: "Its new name.") var name: String

    func run() throws {
        do { try Engine(warn: Warning.print).renameVolume(volume, to: name) } catch { throw Failure.exit(error) }
    }
}
