import ArgumentParser

/// `isolab image …`: what is done to images and less often than the rest.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Build, import, list and look after images.",
        subcommands: [
            CheckCommand.self, HistoryCommand.self, ImageListCommand.self, InspectCommand.self,
            PruneCommand.self, RemoveImageCommand.self, TagCommand.self,
        ] + TransferCommands.ofImages)
}
