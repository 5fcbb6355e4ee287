import ArgumentParser
import Engine

/// `isolab create`: a container that `isolab start` starts.
struct CreateCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a container from an image without starting it; print its identifier.",
        discussion: "The options are those of `run`.", helpNames: .long)

    @OptionGroup var group: RunOptionGroup
    @Argument(help: "The image, by name or by the first digits of its identifier, at least four.") var image: String
    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("Replaces the image's command.", valueName: "command"))
    var command: [String] = []

    func run() throws {
        do {
            let options = try group.options()
            let isMissing = options.pull != .always
            let isQuiet = group.quiet
            let registries = group.registries.arguments
            print(
                try Engine(warn: Warning.print).create(
                    RunRequest(image: image, command: command, options: options),
                    fetch: { try Transfer.pull($0, $1, isMissing: isMissing, quiet: isQuiet, registries) }))
        } catch {
            throw Failure.exit(error)
        }
    }
}
