import ArgumentParser
import Engine
import Images

/// `isolab history`: how an image came about.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show the steps an image was built by, the latest first.")

    @Argument(help: "The image, by name or by the first digits of its identifier, at least four.") var image: String
    @Flag(name: .shortAndLong, help: "Print identifiers only.") var quiet = false
    @OptionGroup var list: ListOptions

    func run() throws {
        do {
            try list.print(.history(try ImageStore().image(image), noTruncation: list.noTrunc), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
