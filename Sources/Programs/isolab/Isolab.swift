import ArgumentParser
import CommandSupport
import Glibc
import Linux

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

            Exit status: 0 success; 1 the request failed; 2 the command line is wrong, or has a command or option that isolab does \
            not support; 130 interrupted (what was measured is kept). `run` and `exec` exit with the status of their command, or \
            with 125 if isolab failed, whatever the reason.

            Environment: ISOLAB_DATA is the directory of images and containers (as root /var/lib/isolab, else \
            ~/.local/share/isolab); XDG_RUNTIME_DIR that of an ordinary user's state; docs/commands.md lists all variables.
            """,
        version: isolabVersion,
        groupedSubcommands: [
            CommandGroup(
                name: "Container",
                subcommands: [
                    RunCommand.self, ExecCommand.self, PsCommand.self, CreateCommand.self, StartCommand.self,
                    StopCommand.self, RestartCommand.self, KillCommand.self, WaitCommand.self, LogsCommand.self,
                    AttachCommand.self, PauseCommand.self, UnpauseCommand.self, RenameCommand.self, TopCommand.self,
                    StatsCommand.self, UpdateCommand.self,
                    DiffCommand.self, CommitCommand.self, CopyFilesCommand.self, ExportCommand.self, PortCommand.self,
                    RemoveCommand.self,
                    ContainerCommand.self,
                    KeepCommand.self,
                ]),
            CommandGroup(
                name: "Image",
                subcommands: [
                    BuildCommand.self, ImageCommand.self, ImagesCommand.self, HistoryCommand.self, InspectCommand.self,
                    LoadCommand.self,
                    RemoveImageCommand.self, SaveCommand.self, TagCommand.self,
                ]),
            CommandGroup(name: "Volume and network", subcommands: [NetworkCommand.self, VolumeCommand.self]),
            CommandGroup(
                name: "System",
                subcommands: [EventsCommand.self, InformationCommand.self, SystemCommand.self, VersionCommand.self]),
            CommandGroup(name: "Registry", subcommands: [RegistryCommand.self] + TransferCommands.all),
            CommandGroup(
                name: "Laboratory",
                subcommands: [
                    BenchCommand.self, CompareCommand.self, DoctorCommand.self, LanesCommand.self, LaunchCommand.self,
                    LearnCommand.self, ReportCommand.self, SelfTestCommand.self,
                ]),
        ])

    /// As ArgumentParser's own `main`, but with the exit statuses isolab promises, and docker's ways to put options.
    static func main() {
        // Where the caller ignores it, the kernel keeps nobody's exit status.
        signal(SIGCHLD, SIG_DFL)
        let words = Array(CommandLine.arguments.dropFirst())
        let path = CommandPath(words)
        let wrong: Int32 = isEngines ? 125 : 2
        if let problem = AddressSpace.problem() { refuse(problem, status: isEngines ? 125 : 1) }
        if let problem = CallerText.problem() { refuse(problem, status: wrong) }
        if let unknown = UnknownCommand.found(in: words) { refuse(unknown.problem, status: wrong) }
        do {
            var command = try parsed(words, path)
            guard SystemFile.exists("/proc/self/ns") else {
                refuse("there is no /proc: mount it (mount -t proc proc /proc)", status: isEngines ? 125 : 1)
            }
            try StoreAccess.prepare(for: command)
            try command.run()
            if let problem = StandardOutput.finish() { refuse(problem, status: isEngines ? 125 : 1) }
        } catch let fault as OptionWords.Fault {
            refuse("\(fault)", status: wrong)
        } catch {
            let text = fullMessage(for: error)
            if let fault = UnknownCommand.switchFault(text, path) { refuse("\(fault)", status: wrong) }
            if let option = UnknownOption.name(in: text) ?? UnknownCommand.unknownOption(text, path) {
                // Whether others have it or nobody: the status is the same.
                if let problem = AbsentFeature.option(option, of: path.names) { refuse(problem, status: wrong) }
                refuse(
                    UnknownOption.problem(option, of: path.command, path: path.names.joined(separator: " ")),
                    status: wrong)
            }
            if let problem = InvalidValue.problem(in: text, path: path.names.joined(separator: " ")) {
                refuse(problem, status: wrong)
            }
            end(with: error, saying: UnknownCommand.withoutGuess(text), wrongCommandLine: wrong)
        }
    }
}

extension Isolab {
    /// The command of the words, put as docker takes them; what asks for something that is so anyway (`--restart no`) is left out.
    private static func parsed(_ words: [String], _ path: CommandPath) throws -> any ParsableCommand {
        let words = BuildOptionGroup.withPullPolicy(words, path)
        var parsable = try OptionWords.parsable(words, of: Isolab.self) { $0 is any HandedOverCommand.Type }
        if let command = leaf(parsable) { return command }
        while true {
            do { return try parseAsRoot(parsable) } catch {
                guard let option = UnknownOption.name(in: fullMessage(for: error)),
                    let fewer = AbsentFeature.withoutHarmless(option, in: parsable, of: path.names)
                else { throw error }
                parsable = fewer
            }
        }
    }

    /// A command that has none below it, parsed by itself: from the root, ArgumentParser looks at all options of the command four times
    /// instead of two, a tenth of what `run` takes. What it does not take goes to the root, whose errors and help name the whole command.
    private static func leaf(_ words: [String]) -> (any ParsableCommand)? {
        guard let name = words.first,
            let type = configuration.subcommands.first(where: { $0.configuration.commandName == name }),
            type.configuration.subcommands.isEmpty
        else { return nil }
        return try? type.parse(Array(words.dropFirst()))
    }
}

/// Engines have one status for all that is not the command's own.
var isEngines: Bool { CommandPath(CommandLine.arguments.dropFirst()).isEngines }

/// isolab's own version, as manifests and `--version` give it.
let isolabVersion = Release.version
