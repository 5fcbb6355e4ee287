import ArgumentParser

/// `isolab image …`: images are made and looked after.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Manage images.",
        subcommands: [
            ImageBootstrapCommand.self, ImageBuildCommand.self, ImageImportCommand.self, CheckCommand.self,
            HistoryCommand.self, ImageListCommand.self, ImageInspectCommand.self, LoadCommand.self, PruneCommand.self,
            ImageRemoveCommand.self, SaveCommand.self, TagCommand.self,
        ] + TransferCommands.ofImages)
}
