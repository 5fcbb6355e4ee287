import ArgumentParser
import Engine
import Glibc
import Images

/// `isolab save`: images as an archive or a directory that others read.
struct SaveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Save images to an archive or a directory that docker, podman and skopeo read.",
        usage: "isolab save [<options>] <images> ...")

    @Argument(help: "Images, by name or by the first digits of their identifiers, at least four.") var images: [String]
    @Option(
        name: .shortAndLong, help: ArgumentHelp("A file or directory; standard output if not given.", valueName: "path")
    )
    var output: String?
    @Option(help: ArgumentHelp("docker-archive (default), oci-archive or oci-dir.", valueName: "format"))
    var format = "docker-archive"
    @Option(help: ArgumentHelp("Which platform of a multi-platform image to save.", valueName: "os/architecture"))
    var platform: String?

    func run() throws {
        do {
            let platform = try platform.map { try PlatformOption.parse("--platform", $0) }
            try SavedImages(format: format, output: output).write(images, from: try ImageStore(), platform)
        } catch {
            throw Failure.exit(error)
        }
    }
}
