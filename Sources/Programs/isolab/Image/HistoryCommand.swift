import ArgumentParser
import Engine
import Images
import OCI

/// `isolab history`: how an image came about.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show the steps that built an image, the latest first.",
        usage: "isolab history [<options>] <image>")

    @Argument(help: "The image, by name or by the first digits of its identifier, at least four.") var image: String
    @Flag(name: .shortAndLong, help: "Print identifiers only.") var quiet = false
    @Option(help: ArgumentHelp("Which platform of a multi-platform image to show.", valueName: "os/architecture"))
    var platform: String?
    @OptionGroup var list: ListOptions

    func run() throws {
        do {
            let store = try ImageStore()
            let platform = try platform.map { try PlatformOption.parse("--platform", $0) } ?? .host
            try list.print(
                .history(
                    try store.image(image, platform: platform), unpacked: store.unpackedSize(of:),
                    noTruncation: list.noTrunc),
                quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
