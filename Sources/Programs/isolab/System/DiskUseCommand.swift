import ArgumentParser
import Engine
import Presentation

/// `isolab system df`: what is taken on disk, and by what.
struct DiskUseCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "df", abstract: "Show how much disk space images, containers and volumes use.",
        discussion: """
            OWN is what removing an image or a container would free; SHARED is stored once and used by others as well. \
            Layers count as blobs and, once a container was made from them, as files. RECLAIMABLE is what \
            `image prune --all --build-cache` and `rm` would free.
            """)

    @Flag(name: .shortAndLong, help: "List each image, container and volume.") var verbose = false
    @OptionGroup var list: ListOptions

    func run() throws {
        do {
            let use = try Engine(warn: Warning.print).diskUse()
            guard verbose else { return try list.print(.diskUse(use)) }
            let isTable = list.format == nil || list.format == "table"
            for (title, listing) in [
                ("Images", Listing.diskUseOfImages(use, noTruncation: list.noTrunc)),
                ("Containers", .diskUseOfContainers(use, noTruncation: list.noTrunc)),
                ("Local Volumes", .diskUseOfVolumes(use)),
            ] {
                if isTable { print(title == "Images" ? title : "\n\(title)") }
                try list.print(listing)
            }
        } catch {
            throw Failure.exit(error)
        }
    }
}
