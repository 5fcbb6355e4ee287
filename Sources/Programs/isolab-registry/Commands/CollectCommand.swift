import ArgumentParser
import CommandSupport
import Linux
import RegistryServer

/// `isolab-registry gc`
struct CollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove blobs that no manifest refers to.",
        discussion: """
            A server can serve the same directory during the collection: what was pushed, mounted or requested within the grace period \
            is kept, so that pushes in progress do not lose blobs they rely on.
            """)

    @Option(help: ArgumentHelp("The directory for all data of the registry.", valueName: "dir"))
    var root = StandardDirectories.data + "/registry"
    @Option(help: ArgumentHelp("Keep content that is younger than this many seconds.", valueName: "seconds"))
    var grace = RegistryServeOptions.standardGrace
    @Flag(help: "Also remove manifests that have no tag, are in no index and do not refer to another manifest.")
    var untagged = false
    @Flag(name: [.customShort("n"), .long], help: "Show what would be removed, and remove nothing.")
    var dryRun = false

    func validate() throws {
        if grace < 0 { throw ValidationError("--grace cannot be negative") }
    }

    func run() throws {
        do {
            guard SystemFile.exists(root + "/repositories") else {
                throw SystemError(
                    "collect", root, errno: 0, advice: "there is no registry in this directory; see --root")
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
    /// Seconds.
    var interval: Int
    var grace: Int
}
