import ArgumentParser
import Glibc
import Images
import OCI

/// `isolab load`: images from an archive or a directory.
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Load images from an archive (docker save, OCI) or an OCI layout.")

    @Option(
        name: .shortAndLong, help: ArgumentHelp("A file or directory; standard input if not given.", valueName: "path"))
    var input: String?
    @Flag(name: .shortAndLong, help: "Print identifiers only.") var quiet = false

    func run() throws {
        do {
            let store = try ImageStore()
            let loaded =
                try input.map { try store.load($0) } ?? store.load(archive: STDIN_FILENO, called: "standard input")
            for image in loaded {
                let names = image.names.map(\.familiar)
                let id = store.identifier(of: image.target)
                store.record("load", "\(id)", name: names.first)
                for name in names.isEmpty ? ["\(id)"] : names {
                    print(quiet ? "\(id)" : "Loaded image: \(name)")
                }
            }
        } catch {
            throw Failure.exit(error)
        }
    }
}
