import ArgumentParser

/// `isolab system …`: what everything together takes.
struct SystemCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system", abstract: "Look at everything together.", subcommands: [DiskUseCommand.self])
}
