import ArgumentParser
import Engine
import Images

/// `isolab images`: what is here.
struct ImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "List the images of this host.", usage: "isolab images [<options>] [<name>]")

    @Argument(help: ArgumentHelp("Only those of this name, with * and ? for any characters.", valueName: "name"))
    var name: String?
    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("dangling=true, reference=PATTERN, label=NAME[=VALUE]; all must hold.", valueName: "filter"))
    var filter: [String] = []
    @OptionGroup var list: ListOptions

    func run() throws {
        do {
            let filter = try ImageFilter("--filter", filter + (name.map { ["reference=\($0)"] } ?? []))
            let store = try ImageStore()
            let images = try store.images().filter { filter.accepts($0, labels: store.labels(of:)) }
            try list.print(.images(images, noTruncation: list.noTrunc), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}

/// `isolab image list`: the same.
struct ImageListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the images of this host.",
        usage: "isolab image list [<options>] [<name>]", aliases: ["ls"])

    @OptionGroup var images: ImagesCommand

    func run() throws { try images.run() }
}
