import ArgumentParser
import Glibc
import Linux
import RegistryClient

/// `fetch`: what an address gives, on standard output; for builds, which have no HTTP stack of their own.
struct FetchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Write the contents of a URL to standard output.", shouldDisplay: false)

    @Argument(help: ArgumentHelp("By https or http.", valueName: "address")) var address: String
    @OptionGroup var registries: RegistryOptions

    func run() throws {
        try Failure.told {
            try registries.client().fetch(address) { bytes in
                try SystemFile.write(Array(bytes), to: STDOUT_FILENO, "standard output")
            }
        }
    }
}
