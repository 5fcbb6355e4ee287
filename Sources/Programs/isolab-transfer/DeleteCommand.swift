import ArgumentParser
import CommandSupport
import OCI
import RegistryClient

/// `delete`: a tag or a manifest out of a registry.
struct DeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a tag from a registry, or a manifest with all its tags.",
        usage: "isolab registry delete [<options>] <name>",
        discussion: "Blobs stay until the registry's own garbage collection.")

    @Argument(help: ArgumentHelp("repository:tag or repository@digest", valueName: "name")) var name: ImageName
    @OptionGroup var registries: RegistryOptions

    func run() throws {
        let reference = try name.reference()
        guard reference.tag != nil || reference.digest != nil else {
            printToStandardError(
                "isolab: \(reference.familiar): give a tag or a digest to remove")
            throw ExitCode(2)
        }
        try Failure.told {
            try registries.client().delete(reference)
            print(reference.familiar)
        }
    }
}
