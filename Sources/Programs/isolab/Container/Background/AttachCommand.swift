import ArgumentParser
import Engine

/// `isolab attach`: the streams of a container in the background.
struct AttachCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Attach standard streams to a container that runs in the background.",
        discussion: "The exit status is the container's, or 0 if the detach keys were typed.")

    @Flag(help: "Do not attach standard input.") var noStdin = false
    @OptionGroup var attaching: AttachOptionGroup
    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String

    func run() throws {
        do {
            Program.end(
                try Engine(warn: Warning.print).attach(container, try attaching.options(input: !noStdin)))
        } catch {
            throw Failure.exit(error)
        }
    }
}
