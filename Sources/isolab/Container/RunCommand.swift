import ArgumentParser
import Containers
import Engine
import Glibc

/// `isolab run`: a command in a container of an image.
struct RunCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a container or a guest of an image, attached.",
        discussion: """
            The exit status is the command's, 128 + n where signal n ended it, 125 where isolab itself failed, 126 where the \
            command may not be executed, 127 where it is not there. The container ends with isolab, however that ends; \
            without --rm it stays for `diff`, `commit` and `rm`.
            """,
        // -h is the host name, as docker and podman have it.
        helpNames: .long)

    @OptionGroup var group: RunOptionGroup
    @Flag(help: "In a guest, a virtual machine with a kernel of its own; it leaves nothing, with --rm or without.")
    var vm = false
    @Option(
        help: ArgumentHelp(
            "With --vm: its kernel (bzImage or vmlinux), instead of Debian's cloud kernel.", valueName: "file"))
    var kernel: String?
    @Option(help: ArgumentHelp("With --vm: a libvirt of this host instead of the embedded driver.", valueName: "uri"))
    var connect: String?
    @Argument(help: "The image: a name, or the beginning of an identifier.") var image: String
    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("In place of the image's own.", valueName: "command"))
    var command: [String] = []

    func validate() throws {
        if !vm, kernel != nil || connect != nil { throw ValidationError("--kernel and --connect are for --vm") }
    }

    func run() throws {
        do {
            let request = RunRequest(image: image, command: command, options: try group.options())
            let engine = try Engine(warn: Warning.print)
            let isQuiet = group.quiet
            let fetch = { try Transfer.pull($0, $1, quiet: isQuiet) }
            if vm {
                let status = try engine.runGuest(request, kernel: kernel, connect: connect, fetch: fetch)
                Program.end(status)
            }
            if let reason = try ProgramProtection.engage(CommandLine.arguments) { Warning.print(reason) }
            let status = try engine.run(request, fetch: fetch)
            Program.end(status)
        } catch {
            throw Failure.exit(error, otherwise: 125)
        }
    }
}
