import ArgumentParser
import Engine
import Images
import Presentation

/// `isolab system prune`: frees what nothing uses, of every kind.
struct SystemPruneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove containers, networks, images and caches that nothing uses.",
        discussion:
            "The same as `container prune`, `network prune` and `image prune --build-cache`, one after the other.")

    @Flag(name: .shortAndLong, help: "Also remove named images that no container uses.") var all = false
    @Flag(help: "Also remove anonymous volumes that no container has.") var volumes = false
    @OptionGroup var confirmation: PruneConfirmation

    func run() throws {
        do {
            try confirmation.ask(Self.list(of: targets))
            let engine = try Engine(warn: Warning.print)
            // Containers first: what they use is free after that.
            var freed = try engine.pruneContainers { print("Deleted: \($0)") }
            func add(_ bytes: Int64) { freed = freed.addingReportingOverflow(bytes).partialValue }
            for name in try engine.pruneNetworks() { print("Deleted: \(name)") }
            if volumes {
                let removed = try engine.pruneVolumes(all: false)
                for name in removed.names { print("Deleted: \(name)") }
                add(removed.bytes)
            }
            let removal = try engine.pruneImages(all: all)
            RemovalText.print(removal)
            add(removal.size)
            if let bytes = try engine.images.removeCaches() {
                add(bytes)
            } else {
                Warning.print("caches that a build or a guest is using were kept")
            }
            print("Total reclaimed space: \(HumanSize.text(freed))")
        } catch {
            throw Failure.exit(error)
        }
    }

    /// In the order in which they are removed.
    private var targets: [String] {
        ["all containers that are not running", "all networks that no container uses, except the one named bridge"]
            + (volumes ? ["all anonymous volumes that no container has"] : [])
            + [all ? "all images that no container uses" : "all images without a name", "caches of builds and guests"]
    }

    private static func list(of targets: [String]) -> String {
        "\n" + targets.map { "  - \($0)" }.joined(separator: "\n") + "\nand content that nothing refers to"
    }
}
