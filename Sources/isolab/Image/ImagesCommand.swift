import ArgumentParser
import Engine
import Images

/// `isolab images`: what is here.
struct ImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "List the images of this host.", usage: "isolab images [<options>] [<name>]")

    @OptionGroup var images: ImageListOptions

    func run() throws { try images.print() }
}

/// `isolab image list`: the same.
struct ImageListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the images of this host.",
        usage: "isolab image list [<options>] [<name>]", aliases: ["ls"])

    @OptionGroup var images: ImageListOptions

    func run() throws { try images.print() }
}

/// What both names of the list take.
struct ImageListOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Only images with this name; * and ? are wildcards.", valueName: "name"))
    var name: String?
    @Flag(name: .shortAndLong, help: "Print identifiers only.") var quiet = false
    @Flag(name: .shortAndLong, help: "Accepted for scripts: all images are listed anyway.") var all = false
    @Flag(help: "Show the digests of manifests.") var digests = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("dangling=true, reference=PATTERN, label=NAME[=VALUE]; all must hold.", valueName: "filter"))
    var filter: [String] = []
    @OptionGroup var list: ListOptions

    func print() throws {
        do {
            let filter = try ImageFilter("--filter", filter + (name.map { ["reference=\($0)"] } ?? []))
            let store = try ImageStore()
            let images = try store.images().filter { filter.accepts($0, labels: store.labels(of:)) }
            try list.print(.images(images, digests: digests, noTruncation: list.noTrunc), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
