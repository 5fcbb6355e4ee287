import ArgumentParser
import Images
import OCI

/// `isolab tag`: one more name for an image.
struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tag", abstract: "Give an image another name.")

    @Argument(help: "The image, by name or by the first digits of its identifier, at least four.") var image: String
    @Argument(help: "The name to add.") var name: String

    func run() throws {
        do {
            let store = try ImageStore()
            let reference = try ImageReference(name).withDefaultTag
            try store.tag(image, as: reference)
            store.record("tag", (try? store.image(image)).map { "\($0.id)" } ?? image, name: reference.familiar)
        } catch {
            throw Failure.exit(error)
        }
    }
}
