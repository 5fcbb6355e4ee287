import ArgumentParser

/// `isolab network …`: networks that containers are in.
struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Manage networks of containers.",
        subcommands: [
            NetworkConnectCommand.self, NetworkCreateCommand.self, NetworkDisconnectCommand.self,
            NetworkInspectCommand.self, NetworkListCommand.self, NetworkPruneCommand.self, NetworkRemoveCommand.self,
        ])
}
