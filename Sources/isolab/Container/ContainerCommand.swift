import ArgumentParser

/// `isolab container …`: the commands of containers under the names that docker and podman give them, too.
struct ContainerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "container", abstract: "The same commands, grouped as in docker and podman.",
        subcommands: [
            CommitCommand.self, DiffCommand.self, ExecCommand.self, ContainerInspectCommand.self,
            ContainerListCommand.self, ContainerPruneCommand.self, RemoveCommand.self, RunCommand.self,
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
