import ArgumentParser
import Engine
import Glibc
import Linux

/// `isolab run`: a command in a container of an image.
struct RunCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a new container or guest.",
        discussion: """
            The exit status is that of the command; 128 + n if signal n ended it; 125 if isolab failed; 126 if the command cannot be \
            executed; 127 if it is not found. In the foreground the container ends when isolab ends, for whatever reason; with \
            --detach it runs on in the background. Without --rm it is kept for `start`, `diff`, `commit` and `rm`.
            """,
        // -h is the host name, as docker and podman have it.
        helpNames: .long)

    @OptionGroup var group: RunOptionGroup
    @Flag(name: .shortAndLong, help: "Run in the background, and print the container's identifier.") var detach = false
    @OptionGroup var attaching: AttachOptionGroup
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
            var options = try group.options()
            options.detaches = detach
            let request = RunRequest(image: image, command: command, options: options)
            let engine = try Engine(warn: Warning.print)
            let isQuiet = group.quiet
            // With `--pull always` nobody has looked for it.
            let isMissing = request.options.pull != .always
            let registries = group.registries.arguments
            let fetch = { try Transfer.pull($0, $1, isMissing: isMissing, quiet: isQuiet, registries) }
            if vm {
                if detach || needsKeeper {
                    throw OptionError(
                        "--vm", "",
                        "a guest runs in the foreground only: --detach, --restart and --health-… are for containers")
                }
                let status = try engine.runGuest(request, kernel: kernel, connect: connect, fetch: fetch)
                Program.end(status)
            }
            try Program.protect()
            if detach {
                print(try engine.runInBackground(request, fetch: fetch))
                return
            }
            let status =
                try needsKeeper
                ? engine.runAttached(request, try attaching.options(input: group.interactive), fetch: fetch)
                : engine.run(request, fetch: fetch)
            Program.end(status)
        } catch {
            throw Failure.exit(placed(error), otherwise: 125)
        }
    }

    /// Whether the command that looks after a container in the foreground is not enough for what is asked for.
    private var needsKeeper: Bool {
        group.background.needsKeeper || attaching.detachKeys != nil || !attaching.sigProxy
    }

    /// Options behind the image are the command's: who meant isolab's is told.
    private func placed(_ error: any Error) -> any Error {
        guard case .program(let fault, 127)? = error as? EngineError, let word = command.first,
            word.utf8.starts(with: "-".utf8), fault.object == word
        else { return error }
        return EngineError.program(
            SystemError(
                fault.operation, fault.object, errno: fault.errno, stage: fault.stage,
                advice:
                    "\(fault.advice ?? SystemError.message(fault.errno)); options of `isolab run` go before the image"),
            status: 127)
    }
}
