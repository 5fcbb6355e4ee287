import ArgumentParser
import Engine
import Presentation

/// `isolab system df`: what is taken on disk, and by what.
struct DiskUseCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "df", abstract: "Say what images and containers take on disk.",
        discussion: """
            Of an image or a container, OWN is what goes with it; SHARED is what others have as well, stored once. Layers \
            count as blobs and, where a container was made of them, as files. RECLAIMABLE is what `image prune --all --build-cache` \
            and `rm` would free.
            """)

    @Flag(name: .shortAndLong, help: "Each image and each container, with what they share.") var verbose = false
    @OptionGroup var list: ListOptions

    func run() throws {
        do {
            let use = try Engine(warn: Warning.print).diskUse()
            guard verbose else { return try list.print(.diskUse(use)) }
            let isTable = list.format == nil || list.format == "table"
            for (title, listing) in [
                ("Images", Listing.diskUseOfImages(use, noTruncation: list.noTrunc)),
                ("Containers", .diskUseOfContainers(use, noTruncation: list.noTrunc)),
            ] {
                if isTable { print(title == "Images" ? title : "\n\(title)") }
                try list.print(listing)
            }
        } catch {
            throw Failure.exit(error)
        }
    }
}
