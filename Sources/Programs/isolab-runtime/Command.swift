import Containers
import Linux
import SystemdUnits

/// What every command is given.
struct Context {
    /// `--root`.
    var root: String
    var log: Log
    /// Who makes the cgroups of new containers (`--systemd-cgroup`); nil: isolab itself.
    var systemd: SystemdInstance?

    func runtime() throws -> Runtime {
        let log = log
        return try Runtime(root: root, warn: { log.warning($0) }, trace: { log.debug($0) })
    }

    /// One for a command that will have forgotten its environment by the time it runs hooks.
    func runtime(forHooksOf request: CreateRequest) throws -> Runtime {
        var runtime = try runtime()
        runtime.keepEnvironment(forHooksOf: request)
        return runtime
    }
}

/// One command of the program. Adding one takes a file and a line in `CommandTable`.
protocol Command {
    static var name: String { get }
    /// One line for the list of commands.
    static var summary: String { get }
    /// Its positional arguments, for the usage line.
    static var usage: String { get }
    static var options: [OptionSpecification] { get }
    /// How many positional arguments there are before everything is taken as it is; nil: options may stand anywhere.
    static var stopsAtPositional: Int? { get }
    /// Whether it makes a process that enters a container: then this program must not be reachable for writing from it.
    static var entersContainers: Bool { get }
    /// The exit status of the command's own failures.
    static var failure: Int32 { get }

    /// Whether a container, or the engine that looks after it, gets this program's standard error and keeps it.
    static func givesAwayStandardError(_ options: Options) -> Bool

    /// - Returns: the exit status.
    static func run(_ options: Options, _ context: Context) throws -> Int32
}

extension Command {
    static var stopsAtPositional: Int? { nil }
    static var entersContainers: Bool { false }
    static var failure: Int32 { 1 }

    static func givesAwayStandardError(_ options: Options) -> Bool { false }
}

enum CommandTable {
    static var all: [any Command.Type] {
        [
            CreateCommand.self, StartCommand.self, StateCommand.self, KillCommand.self, DeleteCommand.self,
            RunCommand.self, ExecCommand.self, PsCommand.self, ListCommand.self, PauseCommand.self, ResumeCommand.self,
            UpdateCommand.self, EventsCommand.self, SpecCommand.self, FeaturesCommand.self,
        ]
    }

    static func command(_ name: String) -> (any Command.Type)? { all.first { $0.name == name } }
}
