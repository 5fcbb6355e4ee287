import ArgumentParser
import Engine
import Images

/// `isolab history`: how an image came about.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show how an image came about, the latest step first.")

    @Argument(help: "The image: a name, or the beginning of an identifier.") var image: String
    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @OptionGroup var list: ListOptions

    func run() throws {
        do {
            try list.print(.history(try ImageStore().image(image), noTruncation: list.noTrunc), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
