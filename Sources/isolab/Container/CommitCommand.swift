import ArgumentParser
import Containerfiles
import Engine

/// `isolab commit`: what a container changed, as an image.
struct CommitCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit",
        abstract: "Make an image of a container: its image, and what it changed as one more layer.",
        usage: "isolab commit [<options>] <container> [<name>]")

    @Argument(help: "Its name, or the beginning of its identifier.") var container: String
    @Argument(help: "The new image's name; without, it has none.") var name: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Who made it.", valueName: "author")) var author: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("What was changed.", valueName: "text")) var message: String?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Apply an instruction, such as 'CMD [\"sh\"]'; may be repeated.", valueName: "instruction"))
    var change: [String] = []

    func run() throws {
        do {
            let change = change
            print(
                try Engine(warn: Warning.print).commit(container, as: name, author: author, comment: message) {
                    try ConfigurationChange.apply(change, to: $0)
                })
        } catch {
            throw Failure.exit(error)
        }
    }
}
