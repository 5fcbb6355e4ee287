import ArgumentParser
import CommandSupport

/// `isolab registry …`: a registry of one's own.
struct RegistryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "Serve a registry, or query other registries.",
        subcommands: [ServeCommand.self, TagsCommand.self, RemoteInspectCommand.self, RemoteDeleteCommand.self])

    /// `isolab registry serve`: done by `isolab-registry`.
    struct ServeCommand: HandedOverCommand {
        static let configuration = CommandConfiguration(
            commandName: "serve", abstract: "Serve images over HTTP (OCI distribution 1.1).", helpNames: [])
        @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

        func run() throws {
            do { try Sibling.become("isolab-registry", ["serve"] + arguments) } catch {
                if !Set(arguments).isDisjoint(with: ["-h", "--help"]) { return print(Help.helpMessage()) }
                throw Failure.exit(error)
            }
        }

        /// For where the program was not built: what it would say.
        struct Help: ParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "serve", abstract: RegistryServeOptions.abstract, usage: RegistryServeOptions.usage,
                discussion: RegistryServeOptions.discussion)
            @OptionGroup var options: RegistryServeOptions
        }
    }

    struct RemoteInspectCommand: TransferCommand {
        static let configuration: CommandConfiguration = handedOver(
            "inspect", "Show an image in a registry without pulling it.")
        static let path = ["registry", "inspect"]
        @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []
    }

    struct RemoteDeleteCommand: TransferCommand {
        static let configuration: CommandConfiguration = handedOver("delete", "Remove an image from a registry.")
        static let path = ["registry", "delete"]
        @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []
    }
}
