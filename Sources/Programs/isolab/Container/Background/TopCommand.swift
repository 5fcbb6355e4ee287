import ArgumentParser
import Engine

/// `isolab top`: the processes of a container.
struct TopCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "List the processes of a container, with the host's process IDs.",
        usage: "isolab top <container> [<options of ps>]")

    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String
    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("Options of ps instead of -ef; a column must be PID.", valueName: "options"))
    var options: [String] = []

    func run() throws {
        do { Output.print(try Engine(warn: Warning.print).processes(of: container, options)) } catch {
            throw Failure.exit(error)
        }
    }
}
