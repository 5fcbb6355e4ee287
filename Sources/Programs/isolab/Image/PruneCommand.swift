import ArgumentParser
import Engine
import Images
import Presentation

/// `isolab image prune`: frees what no image needs.
struct PruneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove images without a name, and content that nothing refers to.")

    @Flag(name: .shortAndLong, help: "Also remove named images that no container uses.") var all = false

    @Flag(
        help: """
            Also remove caches: those of RUN --mount=type=cache, images packed for guests, and interrupted \
            downloads.
            """)
    var buildCache = false

    @OptionGroup var confirmation: PruneConfirmation

    func run() throws {
        do {
            try confirmation.ask(
                (all ? "all images that no container uses" : "all images without a name")
                    + ", and content that nothing refers to" + (buildCache ? ", and caches" : ""))
            let engine = try Engine(warn: Warning.print)
            let removal = try engine.pruneImages(all: all)
            RemovalText.print(removal)
            var size = removal.size
            if buildCache {
                if let freed = try engine.images.removeCaches() {
                    size += freed
                } else {
                    Warning.print("caches that a build or a guest is using were kept")
                }
            }
            print("Total reclaimed space: \(HumanSize.text(size))")
        } catch {
            throw Failure.exit(error)
        }
    }
}
