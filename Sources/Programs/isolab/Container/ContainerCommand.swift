import ArgumentParser

/// `isolab container …`: the commands of containers under the names that docker and podman give them, too.
struct ContainerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "container", abstract: "The same commands, grouped as in docker and podman.",
        subcommands: [
            AttachCommand.self, CommitCommand.self, CopyFilesCommand.self, CreateCommand.self, DiffCommand.self,
            ExecCommand.self,
            ExportCommand.self,
            ContainerInspectCommand.self, KillCommand.self, LogsCommand.self, ContainerListCommand.self,
            PauseCommand.self, PortCommand.self, ContainerPruneCommand.self, RemoveCommand.self, RenameCommand.self,
            RestartCommand.self, RunCommand.self, StartCommand.self, StopCommand.self, UnpauseCommand.self,
            StatsCommand.self, TopCommand.self, UpdateCommand.self, WaitCommand.self,
        ])
}

/// `isolab container ls`
struct ContainerListCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: PsCommand.configuration.abstract, usage: "isolab container ls [<options>]",
        aliases: ["list", "ps"])

    @OptionGroup var options: PsOptions

    func run() throws { try options.list() }
}
