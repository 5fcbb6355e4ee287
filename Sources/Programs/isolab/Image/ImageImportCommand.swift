import ArgumentParser
import Building
import Images
import OCI

/// `isolab image import`: an image of one layer from a directory or an archive.
struct ImageImportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make an image of one layer from a directory or an archive of a root file system.",
        usage: "isolab image import [<options>] <source> [<name>]",
        discussion:
            "Archives may be compressed by gzip, zstd, xz or bzip2. An archive that could lead outside is refused.")

    @Argument(help: "A directory, a tar archive, or - for an archive on standard input.") var source: String
    @Argument(help: "A name for the image.") var name: String?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Apply an instruction, such as 'CMD [\"sh\"]'; may be repeated.", valueName: "instruction"))
    var change: [String] = []
    @Option(name: .shortAndLong, help: ArgumentHelp("A message for the image's history.", valueName: "text"))
    var message: String?
    @Option(help: ArgumentHelp("The platform the image is for.", valueName: "os/architecture[/variant]")) var platform:
        String?

    func run() throws {
        do {
            var options = ImageImporter.Options()
            options.names = try BuildValues.names(name.map { [$0] } ?? [])
            options.changes = change
            options.message = message
            if let platform { options.platform = try BuildValues.platform(platform) }
            options.epoch = try BuildValues.epoch()
            print(try ImageImporter(ImageStore(), options).importImage(from: source).id)
        } catch {
            throw BuildFailure.exit(error)
        }
    }
}
