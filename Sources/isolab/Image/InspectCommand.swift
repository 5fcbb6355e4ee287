import ArgumentParser
import Engine

/// `isolab inspect`: all that is known of an image or a container.
struct InspectCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show all that is known of containers and images, as JSON.",
        discussion: "A container goes before an image of the same name; --type says which is meant.")

    @Argument(help: "Names, or the beginnings of identifiers.") var names: [String]
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A template in place of the JSON, e.g. '{{.Config.Cmd}}'.", valueName: "template"))
    var format: String?
    @Option(help: ArgumentHelp("image or container.", valueName: "kind")) var type: String?

    @Flag(name: .shortAndLong, help: "Of containers, what they wrote: SizeRw, and SizeRootFs with the image's.")
    var size =
        false

    func run() throws {
        do {
            let text = try Engine(warn: Warning.print).inspect(names, kind: type, format: format, sized: size)
            // What it tells comes from images, whoever made them.
            Output.print(text)
        } catch {
            throw Failure.exit(error)
        }
    }
}
