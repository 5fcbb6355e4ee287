import Containers
import Linux

enum KillCommand: Command {
    static let name = "kill"
    static let summary = "send a signal (default TERM) to a container's first process"
    static let usage = "<container-id> [signal]"
    static let options = [OptionSpecification("all", "a", help: "send it to every process in the container's cgroup")]

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 2)
        let id = try options.argument(0, "container-id")
        let word = options.positional.count > 1 ? options.positional[1] : "TERM"
        guard let signal = SignalNumber.parse(word) else { throw UsageError("'\(word)' is not a signal") }
        try context.runtime().kill(id, signal: signal, all: options.flag("all"))
        return 0
    }
}
