import ArgumentParser
import Engine
import Glibc

/// `isolab run`: a command in a container of an image.
struct RunCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a new container or guest, in the foreground.",
        discussion: """
            The exit status is the command's, 128 + n where signal n ended it, 125 where isolab itself failed, 126 where the \
            command cannot be executed, 127 where it is not found. The container ends with isolab, however that ends; \
            without --rm it is kept for `diff`, `commit` and `rm`.
            """,
        // -h is the host name, as docker and podman have it.
        helpNames: .long)

    @OptionGroup var group: RunOptionGroup
    @Flag(help: "Run in a guest, a virtual machine with its own kernel; nothing of it is kept, with or without --rm.")
    var vm = false
    @Option(
        help: ArgumentHelp(
            "With --vm: the kernel to boot (bzImage or vmlinux), instead of Debian's cloud kernel.", valueName: "file"))
    var kernel: String?
    @Option(
        help: ArgumentHelp("With --vm: use a libvirt of this host instead of the embedded driver.", valueName: "uri"))
    var connect: String?
    @Argument(help: "The image, by name or by the first digits of its identifier, at least four.") var image: String
    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("Replaces the image's command.", valueName: "command"))
    var command: [String] = []

    func validate() throws {
        if !vm, kernel != nil || connect != nil { throw ValidationError("--kernel and --connect are for --vm") }
    }

    func run() throws {
        do {
            let request = RunRequest(image: image, command: command, options: try group.options())
            let engine = try Engine(warn: Warning.print)
            let isQuiet = group.quiet
            // With `--pull always` nobody has looked for it.
            let isMissing = request.options.pull != .always
            let fetch = { try Transfer.pull($0, $1, isMissing: isMissing, quiet: isQuiet) }
            if vm {
                let status = try engine.runGuest(request, kernel: kernel, connect: connect, fetch: fetch)
                Program.end(status)
            }
            try Program.protect()
            let status = try engine.run(request, fetch: fetch)
            Program.end(status)
        } catch {
            throw Failure.exit(error, otherwise: 125)
        }
    }
}
