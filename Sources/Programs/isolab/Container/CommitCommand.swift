import ArgumentParser
import Containerfiles
import Engine

/// `isolab commit`: what a container changed, as an image.
struct CommitCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit",
        abstract: "Make an image from a container: its image and, as a new layer, its changes.",
        usage: "isolab commit [<options>] <container> [<name>]")

    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String
    @Argument(help: "A name for the new image.") var name: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("The author of the image.", valueName: "author")) var author:
        String?
    @Option(name: .shortAndLong, help: ArgumentHelp("A message for the image's history.", valueName: "text"))
    var message: String?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Apply an instruction, such as 'CMD [\"sh\"]'; may be repeated.", valueName: "instruction"))
    var change: [String] = []
    @Flag(inversion: .prefixedNo, help: "Suspend the container's processes meanwhile.") var pause = true

    func run() throws {
        do {
            let change = change
            print(
                try Engine(warn: Warning.print).commit(
                    container, as: name, author: author, comment: message, pauses: pause
                ) {
                    try ConfigurationChange.apply(change, to: $0)
                })
        } catch {
            throw Failure.exit(error)
        }
    }
}
