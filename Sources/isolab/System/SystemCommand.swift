import ArgumentParser

/// `isolab system …`: what everything together takes.
struct SystemCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system", abstract: "Look at the whole store.", subcommands: [DiskUseCommand.self])
}
