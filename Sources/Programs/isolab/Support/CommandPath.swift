import ArgumentParser

/// The command that the first words of a command line name.
struct CommandPath {
    /// `isolab`, `image`, `build`.
    private(set) var names = ["isolab"]
    private(set) var command: any ParsableCommand.Type = Isolab.self
    /// Behind the names.
    private(set) var rest: ArraySlice<String>

    init(_ words: some Sequence<String>) {
        rest = Array(words)[...]
        while let word = rest.first,
            let next = Self.commands(of: command).first(where: { Self.names(of: $0).contains(word) })
        {
            command = next
            names.append(next._commandName)
            rest = rest.dropFirst()
        }
    }

    /// Those below a command.
    static func commands(of command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        command.configuration.subcommands
    }

    static func names(of command: any ParsableCommand.Type) -> [String] {
        [command._commandName] + command.configuration.aliases
    }

    /// Whether the command runs another one, whose status it answers with: its own failures are 125.
    var isEngines: Bool { ["run", "exec"].contains(names.last) && (names.count == 2 || names[1] == "container") }
}
