import ArgumentParser
import Engine
import Images
import Presentation

/// `isolab image prune`: frees what no image needs.
struct PruneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove images without a name, and all that nothing leads to.")

    @Flag(name: .shortAndLong, help: "Every image that no container was made from.") var all = false

    @Flag(
        help: """
            What is kept for speed alone, too: caches of builds' RUN --mount=type=cache, images packed for guests, \
            downloads that were broken off.
            """)
    var buildCache = false

    @Flag(name: .shortAndLong, help: "Without a question: as it is anyway, for scripts.") var force = false

    func run() throws {
        do {
            let engine = try Engine(warn: Warning.print)
            let removal = try engine.pruneImages(all: all)
            RemovalText.print(removal)
            var size = removal.size
            if buildCache {
                if let freed = try engine.images.removeCaches() {
                    size += freed
                } else {
                    Warning.print("a build or a guest works with what is kept for speed: it stays")
                }
            }
            print("Total reclaimed space: \(HumanSize.text(size))")
        } catch {
            throw Failure.exit(error)
        }
    }
}
