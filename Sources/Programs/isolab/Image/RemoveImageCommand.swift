import ArgumentParser
import CommandSupport
import Engine
import Images
import OCI

/// `isolab rmi`: removes images, or names of theirs.
struct RemoveImageCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rmi", abstract: "Remove images, or some of their names.",
        discussion:
            "Of an image with several names, only the given name is removed; an image that a container uses is kept.")

    @OptionGroup var options: ImageRemovalOptions

    func run() throws { try options.remove() }
}

/// `isolab image rm`: the same.
struct ImageRemoveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: RemoveImageCommand.configuration.abstract,
        discussion: RemoveImageCommand.configuration.discussion, aliases: ["remove", "rmi"])

    @OptionGroup var options: ImageRemovalOptions

    func run() throws { try options.remove() }
}

/// What both take.
struct ImageRemovalOptions: ParsableArguments {
    @Argument(help: "Images, by name or by the first digits of their identifiers, at least four.") var images: [String]
    @Flag(name: .shortAndLong, help: "Remove the image even if a container uses it or it has several names.")
    var force = false

    func remove() throws {
        var failed = false
        for image in images {
            do { RemovalText.print(try Engine().removeImage(image, force: force)) } catch {
                printToStandardError("isolab: \(error)")
                // With --force what is not there is no failure, as others have it.
                if force, case .unknown? = error as? ImageError { continue }
                failed = true
            }
        }
        if failed { throw ExitCode.failure }
    }
}

/// What was removed, a line each.
enum RemovalText {
    static func print(_ removal: Removal) {
        for name in removal.untagged { Swift.print("Untagged: \(name.familiar)") }
        for id in removal.images { Swift.print("Deleted: \(id)") }
    }
}
