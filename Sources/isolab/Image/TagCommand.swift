import ArgumentParser
import Images
import OCI

/// `isolab tag`: one more name for an image.
struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tag", abstract: "Give an image one more name.")

    @Argument(help: "The image: a name, or the beginning of an identifier.") var image: String
    @Argument(help: "Its new name.") var name: String

    func run() throws {
        do { try ImageStore().tag(image, as: try ImageReference(name).withDefaultTag) } catch {
            throw Failure.exit(error)
        }
    }
}
