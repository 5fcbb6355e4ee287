import ArgumentParser
import Images
import OCI

/// `isolab tag`: one more name for an image.
struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tag", abstract: "Give an image another name.")

    @Argument(help: "The image, by name or by the first digits of its identifier, at least four.") var image: String
    @Argument(help: "The name to add.") var name: String

    func run() throws {
        do { try ImageStore().tag(image, as: try ImageReference(name).withDefaultTag) } catch {
            throw Failure.exit(error)
        }
    }
}
