import ArgumentParser
import Engine
import Linux

/// `isolab exec`: a further command in a running container.
struct ExecCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command in a running container.",
        usage: "isolab exec [<options>] <container> <command> ...",
        discussion: "The exit status is the same as for `run`.")

    @Flag(name: .shortAndLong, help: "Keep standard input open.") var interactive = false
    @Flag(name: [.short, .customLong("tty")], help: "Allocate a terminal.") var tty = false
    @Option(
        name: [.customShort("e", allowingJoined: true), .long],
        help: ArgumentHelp("Set an environment variable, or copy it from the caller.", valueName: "name[=value]"))
    var env: [String] = []
    @Option(help: ArgumentHelp("Read environment variables from a file, one per line.", valueName: "file")) var envFile:
        [String] =
            []
    @Flag(name: .shortAndLong, help: "Do not wait for the command; its output is discarded.") var detach = false
    @Option(name: .shortAndLong, help: ArgumentHelp("The working directory.", valueName: "directory"))
    var workdir: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("The user to run the command as.", valueName: "user[:group]"))
    var user: String?
    @Flag(help: "Run with all capabilities and no system call filter.") var privileged = false
    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String
    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("The command to run.", valueName: "command"))
    var command: [String]

    func run() throws {
        do {
            var options = ExecuteOptions()
            options.interactive = interactive
            options.terminal = tty
            for file in envFile {
                options.environment += try EnvironmentChange.file(
                    "--env-file", file, try OptionFile.read("--env-file", file))
            }
            options.environment += try env.map { try EnvironmentChange("--env", $0) }
            options.detaches = detach
            options.workingDirectory = workdir
            options.user = user
            options.privileged = privileged
            let engine = try Engine(warn: Warning.print)
            try Program.protect()
            Program.end(try engine.execute(container, command, options))
        } catch {
            throw Failure.exit(error, otherwise: 125)
        }
    }
}
