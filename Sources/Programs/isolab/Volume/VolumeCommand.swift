import ArgumentParser

/// `isolab volume …`: data that outlives containers.
struct VolumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume", abstract: "Manage volumes: data that outlives containers.",
        subcommands: [
            VolumeCreateCommand.self, VolumeExportCommand.self, VolumeImportCommand.self, VolumeInspectCommand.self,
            VolumeListCommand.self, VolumePruneCommand.self, VolumeRemoveCommand.self, VolumeRenameCommand.self,
        ])
}
