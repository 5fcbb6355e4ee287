import ArgumentParser
import Engine
import Linux

/// How long a container is given.
struct StopOptionGroup: ParsableArguments {
    @Option(
        name: [.customShort("t"), .customLong("time"), .customLong("timeout")], parsing: .unconditional,
        help: ArgumentHelp("How long to wait before it is killed; -1 waits forever.", valueName: "seconds"))
    var time: Int64?
    @Option(name: .shortAndLong, help: ArgumentHelp("The signal to send first.", valueName: "signal")) var signal:
        String?

    /// nil: the container's own.
    func number() throws -> Int32? { try signal.map { try SignalOption.parse("--signal", $0) } }
}

enum SignalOption {
    static func parse(_ option: String, _ text: String) throws(OptionError) -> Int32 {
        guard let number = SignalNumber.parse(text), number > 0 else {
            throw OptionError(option, text, "is not a signal, such as TERM, SIGINT, RTMIN+3 or 15")
        }
        return number
    }
}

/// `isolab stop`
struct StopCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop containers; kill those that do not end in time.",
        discussion: "The time is that of --time, else of the container's --stop-timeout, else 10 seconds.")

    @OptionGroup var options: StopOptionGroup
    @OptionGroup var names: ContainerNames

    func run() throws {
        let signal = try Failure.checked { try options.number() }
        try SeveralContainers.each(names.containers) {
            try $0.stop($1, within: options.time, signal: signal)
            return $1
        }
    }
}

/// `isolab restart`
struct RestartCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Stop containers as `stop` does, and start them again.")

    @OptionGroup var options: StopOptionGroup
    @OptionGroup var names: ContainerNames

    func run() throws {
        let signal = try Failure.checked { try options.number() }
        try Program.protectOrFail()
        try SeveralContainers.each(names.containers) {
            try $0.stop($1, within: options.time, signal: signal)
            try $0.start($1)
            return $1
        }
    }
}

/// `isolab kill`
struct KillCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Send a signal to the first processes of containers.")

    @Option(name: .shortAndLong, help: ArgumentHelp("Which signal.", valueName: "signal")) var signal = "KILL"
    @OptionGroup var names: ContainerNames

    func run() throws {
        let number = try Failure.checked { try SignalOption.parse("--signal", signal) }
        try SeveralContainers.each(names.containers) {
            try $0.kill($1, signal: number)
            return $1
        }
    }
}

/// `isolab pause`
struct PauseCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Suspend all processes of containers.")

    @OptionGroup var names: ContainerNames

    func run() throws {
        try SeveralContainers.each(names.containers) {
            try $0.pause($1)
            return $1
        }
    }
}

/// `isolab unpause`
struct UnpauseCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause", abstract: "Resume the processes of paused containers.")

    @OptionGroup var names: ContainerNames

    func run() throws {
        try SeveralContainers.each(names.containers) {
            try $0.unpause($1)
            return $1
        }
    }
}

/// `isolab wait`
struct WaitCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until containers have ended; print their exit statuses.")

    @OptionGroup var names: ContainerNames

    func run() throws { try SeveralContainers.each(names.containers) { "\(try $0.wait($1))" } }
}

/// `isolab rename`
struct RenameCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a container another name, whether it runs or not.")

    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String
    @Argument(help: "Its new name.") var name: String

    func run() throws {
        do { try Engine(warn: Warning.print).rename(container, to: name) } catch { throw Failure.exit(error) }
    }
}
