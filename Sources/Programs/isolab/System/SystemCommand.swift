import ArgumentParser

/// `isolab system …`: what everything together takes.
struct SystemCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system", abstract: "Show information about the whole store.",
        subcommands: [
            DiskUseCommand.self, SystemEventsCommand.self, SystemInformationCommand.self, SystemPruneCommand.self,
        ])
}
