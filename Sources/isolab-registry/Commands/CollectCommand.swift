import ArgumentParser
import Linux
import RegistryServer

/// `isolab-registry gc`
struct CollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove blobs that no manifest names.",
        discussion: """
            A server may go on serving the same directory meanwhile: what was pushed, mounted or asked for within the time of grace \
            stays, so that no push that is under way loses what it counts on.
            """)

    @Option(help: ArgumentHelp("The directory that keeps everything.", valueName: "dir"))
    var root = StandardDirectories.data + "/registry"
    @Option(help: ArgumentHelp("What is younger stays.", valueName: "seconds"))
    var grace = CollectionSettings.standardGrace
    @Flag(help: "Remove manifests, too, that have no tag, that no index names, and that say nothing about another.")
    var untagged = false
    @Flag(name: [.customShort("n"), .long], help: "Say what would be removed, and leave it.")
    var dryRun = false

    func validate() throws {
        if grace < 0 { throw ValidationError("--grace cannot be negative") }
    }

    func run() throws {
        do {
            guard SystemFile.exists(root + "/repositories") else {
                throw SystemError("collect", root, errno: 0, advice: "no registry is kept here; see --root")
            }
            let store = try RegistryStore(root: root)
            let result = try store.collect(grace: grace, untagged: untagged, isDryRun: dryRun)
            for line in result.lines { print(line) }
        } catch {
            throw failure(error)
        }
    }
}

/// When a server collects by itself.
struct CollectionSettings: Sendable {
    /// Longer than any push takes between its first blob and its manifest.
    static let standardGrace = 3 * 3600

    /// Seconds.
    var interval: Int
    var grace: Int
}
