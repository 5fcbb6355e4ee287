import Containers
import Glibc
import Linux

/// Options that `create`, `run` and `exec` share.
enum LaunchOptions {
    static let bundle = OptionSpecification(
        "bundle", "b", value: "DIR", help: "the directory with config.json (default: the current one)")
    static let pidFile = OptionSpecification("pid-file", value: "FILE", help: "write the process ID to this file")
    static let consoleSocket = OptionSpecification(
        "console-socket", value: "SOCKET", help: "a UNIX socket that receives the terminal's master")
    static let pidfdSocket = OptionSpecification(
        "pidfd-socket", value: "SOCKET", help: "a UNIX socket that receives a pidfd of the process")
    static let preserved = OptionSpecification(
        "preserve-fds", value: "N", help: "pass on N descriptors after the standard streams")
    static let noPivot = OptionSpecification("no-pivot", help: "move the root instead of pivot_root (an initramfs)")
    static let noNewKeyring = OptionSpecification("no-new-keyring", help: "share the caller's session keyring")
    static let noSubreaper = OptionSpecification("no-subreaper", help: "accepted: no subreaper is used")

    static let creation = [bundle, consoleSocket, pidfdSocket, pidFile, noPivot, noNewKeyring, preserved]

    /// Sockets that somebody listens on for the container; what was meant for another process is none of ours
    /// (sd_listen_fds(3)).
    private static var listeningDescriptors: Int {
        func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
        guard number("LISTEN_PID") == Int(getpid()) else { return 0 }
        return max(0, number("LISTEN_FDS") ?? 0)
    }

    /// How many descriptors go along: those asked for, and those of socket activation (sd_listen_fds(3)).
    static func preservedDescriptors(_ options: Options) throws -> Int {
        var count = try options.number("preserve-fds", as: Int.self) ?? 0
        count += min(listeningDescriptors, 1000)
        guard (0...1000).contains(count) else { throw UsageError("--preserve-fds must be 0 to 1000") }
        // One that is closed is closed in the container, too: nothing of ours may take its number meanwhile and go along.
        for number in 3..<(3 + count) where fcntl(Int32(number), F_GETFD) < 0 {
            guard EventDescriptor.make() == number else {
                throw SystemError("eventfd", "descriptor \(number), which is closed")
            }
        }
        return count
    }

    static func request(_ options: Options, waitsForStart: Bool) throws -> CreateRequest {
        try options.noMore(than: 1)
        var request = CreateRequest(
            id: try options.argument(0, "container-id"), bundle: try Bundle(at: options.value("bundle") ?? "."),
            waitsForStart: waitsForStart, pidFile: options.path("pid-file"),
            consoleSocket: options.path("console-socket"),
            preservedDescriptors: try preservedDescriptors(options), noPivot: options.flag("no-pivot"))
        request.pidfdSocket = options.path("pidfd-socket")
        request.sharesKeyring = options.flag("no-new-keyring")
        request.listeningDescriptors = listeningDescriptors
        return request
    }
}
