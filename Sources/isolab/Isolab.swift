import ArgumentParser
import CommandSupport
import Glibc

/// The command-line tool: one file a command, no logic; what a command does is a call on Lab or Reports.
@main
struct Isolab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "isolab",
        abstract: "What does each kind of isolation cost on this machine, and what does it buy?",
        discussion: """
            The laboratory runs the same workload as a process, in containers of isolab's own runtime core, in other \
            runtimes, and in guests through libvirt; start-up, memory and system calls are measured into a report. The same \
            containers and guests run images.

            Exit status: 0 done, 1 the request failed, 2 the command line was wrong, 130 interrupted (what was measured \
            is kept); `run` and `exec` answer with the command's own, and with 125 where isolab itself failed.
            """,
        version: isolabVersion,
        groupedSubcommands: [
            CommandGroup(
                name: "Containers and guests of images",
                subcommands: [
                    RunCommand.self, ExecCommand.self, PsCommand.self, DiffCommand.self, CommitCommand.self,
                    RemoveCommand.self,
                ]),
            CommandGroup(
                name: "Images",
                subcommands: [
                    BuildCommand.self, ImageCommand.self, ImagesCommand.self, HistoryCommand.self, InspectCommand.self,
                    LoadCommand.self,
                    RemoveImageCommand.self, SaveCommand.self, SystemCommand.self, TagCommand.self,
                ]),
            CommandGroup(name: "Registries", subcommands: [RegistryCommand.self] + TransferCommands.all),
            CommandGroup(
                name: "The laboratory",
                subcommands: [
                    BenchCommand.self, CompareCommand.self, DoctorCommand.self, LanesCommand.self, LaunchCommand.self,
                    ReportCommand.self,
                ]),
        ])

    /// As ArgumentParser's own `main`, but with the exit statuses isolab promises.
    static func main() {
        do {
            var command = try parseAsRoot()
            try StoreAccess.prepare(for: command)
            try command.run()
        } catch {
            let text = Self.unknownCommand(message(for: error), fullMessage(for: error))
            end(with: error, saying: text, wrongCommandLine: isEngines ? 125 : 2)
        }
    }
}

/// Engines have one status for all that is not the command's own.
var isEngines: Bool { ["run", "exec"].contains(CommandLine.arguments.dropFirst().first) }

extension Isolab {
    /// Where a command was asked for that is none: the parser would say that an argument is one too many.
    private static func unknownCommand(_ message: String, _ full: String) -> String? {
        let opening = "Unexpected argument '"
        guard message.hasPrefix(opening), let word = message.dropFirst(opening.count).split(separator: "'").first,
            let usage = full.split(separator: "\n").first(where: {
                $0.hasPrefix("Usage: ") && $0.hasSuffix(" <subcommand>")
            })
        else { return nil }
        let parent = usage.dropFirst("Usage: ".count).dropLast(" <subcommand>".count)
        return "\(parent): there is no command '\(word)'; `\(parent) --help` lists those there are"
    }
}

/// isolab's own version, as manifests and `--version` give it.
let isolabVersion = "0.1.0"
