import ArgumentParser
import Engine

/// `isolab start`: containers that were made before, in the background.
struct StartCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start containers that have ended or never ran, in the background.",
        discussion: "With --attach or --interactive the exit status is the container's.")

    @Flag(name: .shortAndLong, help: "Attach standard output and standard error.") var attach = false
    @Flag(name: .shortAndLong, help: "Attach standard input as well, if the container was made with -i.")
    var interactive = false
    @OptionGroup var attaching: AttachOptionGroup
    @OptionGroup var names: ContainerNames

    func run() throws {
        guard attach || interactive else {
            try Program.protectOrFail()
            return try SeveralContainers.each(names.containers) {
                try $0.start($1)
                return $1
            }
        }
        do {
            guard names.containers.count == 1 else {
                throw OptionError("--attach", "", "takes one container, not \(names.containers.count)")
            }
            try Program.protect()
            Program.end(
                try Engine(warn: Warning.print).startAttached(
                    names.containers[0], try attaching.options(input: interactive)))
        } catch {
            throw Failure.exit(error, otherwise: 125)
        }
    }
}

/// What `attach` and `start` have in common.
struct AttachOptionGroup: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keys that leave the container running; `attach` and `start` take ctrl-p,ctrl-q if not given, `run` none.",
            valueName: "keys"))
    var detachKeys: String?
    @Flag(inversion: .prefixedNo, help: "Pass signals on to the container.") var sigProxy = true

    func options(input: Bool) throws -> AttachOptions {
        var options = AttachOptions()
        options.input = input
        options.passesSignals = sigProxy
        if let detachKeys, !detachKeys.isEmpty { options.detachKeys = try DetachKeys("--detach-keys", detachKeys) }
        return options
    }
}
