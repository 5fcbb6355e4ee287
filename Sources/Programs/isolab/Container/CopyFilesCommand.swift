import ArgumentParser
import Engine
import Glibc

/// `isolab cp`: files from a container, or to one.
struct CopyFilesCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files between a container and this host.",
        usage: """
            isolab cp [<options>] <container>:<path> <path>
            isolab cp [<options>] <path> <container>:<path>
            """,
        discussion: """
            With - in the place of a path of this host, a tar archive goes to standard output or comes from standard input. A \
            directory whose path ends with /. is copied without itself, and what is in it goes to a directory that is there. \
            Devices, sockets and the kernel's own files (/proc, /sys) are not copied; those of volumes only while the container runs.
            """)

    @Flag(name: .shortAndLong, help: "Keep owners, by their numbers.") var archive = false
    @Flag(name: [.customShort("L"), .long], help: "Of a source that is a link, copy what it leads to.")
    var followLink = false
    @Flag(name: .shortAndLong, help: "Accepted for scripts: no progress is shown anyway.") var quiet = false
    @Argument(help: ArgumentHelp("What to copy: CONTAINER:PATH, a path of this host, or -.", valueName: "source"))
    var source: String
    @Argument(help: ArgumentHelp("Where to: likewise.", valueName: "destination")) var destination: String

    func run() throws {
        do {
            let (from, to) = (try CopyPlace(source), try CopyPlace(destination))
            if to == .stream, isatty(STDOUT_FILENO) == 1 {
                throw OptionError("cp", destination, "is an archive, which is not written to a terminal")
            }
            if from == .stream, isatty(STDIN_FILENO) == 1 {
                throw OptionError("cp", source, "is an archive, which is not read from a terminal")
            }
            var options = CopyOptions()
            options.keepsOwners = archive
            options.followsLink = followLink
            try Engine(warn: Warning.print).copy(from, to: to, options)
        } catch {
            throw Failure.exit(error)
        }
    }
}
