import ArgumentParser
import CommandSupport
import Engine
import Glibc

/// `isolab inspect`: all that is known of containers, images, networks and volumes.
struct InspectCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show details of containers, images, networks and volumes as JSON.",
        discussion: "A name is looked for among these in this order; --type chooses one of them.")

    @OptionGroup var options: InspectOptions
    @Option(help: ArgumentHelp("What to look for: container, image, network or volume.", valueName: "kind")) var type:
        String?
    @OptionGroup var size: InspectSizeOption

    func run() throws { try options.inspect(type, sized: size.size) }
}

/// `isolab container inspect`
struct ContainerInspectCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show details of containers as JSON.")

    @OptionGroup var options: InspectOptions
    @OptionGroup var size: InspectSizeOption

    func run() throws { try options.inspect("container", sized: size.size) }
}

/// `isolab image inspect`
struct ImageInspectCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show details of images as JSON.")

    @OptionGroup var options: InspectOptions

    func run() throws { try options.inspect("image") }
}

/// What all names of it take.
struct InspectOptions: ParsableArguments {
    @Argument(help: "By name or by the beginning of the identifier.") var names: [String]
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Print this template instead of JSON, e.g. '{{.Config.Cmd}}'.", valueName: "template"))
    var format: String?

    /// - Parameter kind: nil: whatever has the name.
    func inspect(_ kind: String?, sized: Bool = false) throws {
        do {
            let (text, faults) = try Engine(warn: Warning.print).inspect(
                names, kind: kind, format: format, sized: sized)
            // What it tells comes from images, whoever made them.
            try Output.print(text, faults)
        } catch {
            throw Failure.exit(error)
        }
    }
}

struct InspectSizeOption: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Add the sizes of containers: SizeRw, and SizeRootFs with the image.")
    var size = false
}
