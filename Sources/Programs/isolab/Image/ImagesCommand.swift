import ArgumentParser
import Engine
import Images
import OCI

/// `isolab images`: what is here.
struct ImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "List the images of this host.", usage: "isolab images [<options>] [<name>]",
        discussion: sizes)

    @OptionGroup var images: ImageListOptions

    func run() throws { try images.print() }
}

/// `isolab image list`: the same.
struct ImageListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the images of this host.",
        usage: "isolab image list [<options>] [<name>]", discussion: sizes, aliases: ["ls"])

    @OptionGroup var images: ImageListOptions

    func run() throws { try images.print() }
}

/// What the help of both says.
private let sizes = """
    SIZE is the size of the unpacked layers. The first `run` or `build` that needs a layer unpacks it; until then its stored size \
    counts, which is usually compressed. So SIZE can grow once; {{.StoredSize}} does not change.
    """

/// What both names of the list take.
struct ImageListOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Only images with this name; * and ? are wildcards.", valueName: "name"))
    var name: String?
    @Flag(name: .shortAndLong, help: "Print identifiers only.") var quiet = false
    @Flag(name: .shortAndLong, help: "Accepted for scripts: all images are listed anyway.") var all = false
    @Flag(help: "Show the digests of manifests.") var digests = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "dangling=true, reference=PATTERN (or another), label=NAME[=VALUE], before=IMAGE, since=IMAGE; all must hold.",
            valueName: "filter"))
    var filter: [String] = []
    @OptionGroup var list: ListOptions

    func print() throws {
        do {
            let filter = try ImageFilter("--filter", filter + (name.map { ["reference=\($0)"] } ?? []))
            let store = try ImageStore()
            let images = try store.images().filter {
                try filter.accepts($0, labels: store.labels(of:)) { try store.image($0).configuration.created ?? "" }
            }
            try list.print(.images(images, digests: digests, noTruncation: list.noTrunc), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
