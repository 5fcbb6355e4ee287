import ArgumentParser
import Containers
import Engine
import Linux

/// `isolab exec`: a further command in a running container.
struct ExecCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command in a running container.",
        usage: "isolab exec [<options>] <container> <command> ...",
        discussion: "The exit status is as that of `run`.")

    @Flag(name: .shortAndLong, help: "Keep standard input open.") var interactive = false
    @Flag(name: [.short, .customLong("tty")], help: "Give it a terminal.") var tty = false
    @Option(
        name: [.customShort("e", allowingJoined: true), .long],
        help: ArgumentHelp("A variable; the caller's own without a value.", valueName: "name[=value]"))
    var env: [String] = []
    @Option(help: ArgumentHelp("A file of variables, one a line.", valueName: "file")) var envFile: [String] = []
    @Flag(name: .shortAndLong, help: "Do not wait for it: nobody reads what it says.") var detach = false
    @Option(name: .shortAndLong, help: ArgumentHelp("The working directory.", valueName: "directory"))
    var workdir: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Who runs it.", valueName: "user[:group]")) var user: String?
    @Flag(help: "With every capability, and no filter of system calls.") var privileged = false
    @Argument(help: "Its name, or the beginning of its identifier.") var container: String
    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("What to run.", valueName: "command"))
    var command: [String]

    func run() throws {
        do {
            var options = ExecuteOptions()
            options.interactive = interactive
            options.terminal = tty
            for file in envFile {
                options.environment += try EnvironmentChange.file("--env-file", file, try SystemFile.document(file))
            }
            options.environment += try env.map { try EnvironmentChange("--env", $0) }
            options.detaches = detach
            options.workingDirectory = workdir
            options.user = user
            options.privileged = privileged
            let engine = try Engine(warn: Warning.print)
            if let reason = try ProgramProtection.engage(CommandLine.arguments) { Warning.print(reason) }
            Program.end(try engine.execute(container, command, options))
        } catch {
            throw Failure.exit(error, otherwise: 125)
        }
    }
}
