import Containers
import Glibc
import Linux
import OCI

enum ExecCommand: Command {
    static let name = "exec"
    static let summary = "run another program in a running container"
    static let usage = "<container-id> <program> [arguments] | --process FILE <container-id>"
    static let options = [
        OptionSpecification(
            "process", "p", value: "FILE", help: "a file with the process as JSON, instead of a program"),
        OptionSpecification("detach", "d", help: "leave it running"),
        OptionSpecification("tty", "t", help: "give it a terminal"),
        OptionSpecification("cwd", value: "DIR", help: "its working directory"),
        OptionSpecification("env", "e", value: "NAME=VALUE", help: "add a variable; may be repeated"),
        OptionSpecification("user", "u", value: "UID[:GID]", help: "user and group IDs"),
        OptionSpecification("additional-gids", "g", value: "GID", help: "add a group; may be repeated"),
        OptionSpecification("cap", "c", value: "CAPABILITY", help: "add a capability; may be repeated"),
        OptionSpecification("no-new-privs", help: "set no_new_privs"),
        OptionSpecification("apparmor", value: "PROFILE", help: "its AppArmor profile"),
        OptionSpecification("process-label", value: "LABEL", help: "its SELinux label"),
        OptionSpecification("cgroup", value: "PATH", help: "a cgroup below the container's"),
        OptionSpecification("ignore-paused", help: "run it even if the container is paused"),
        LaunchOptions.pidFile, LaunchOptions.consoleSocket, LaunchOptions.pidfdSocket, LaunchOptions.preserved,
        LaunchOptions.noSubreaper,
    ]
    static let stopsAtPositional: Int? = 1
    static let entersContainers = true
    /// As runc: 1 is what programs end with.
    static let failure: Int32 = 255

    static func givesAwayStandardError(_ options: Options) -> Bool { options.flag("detach") }

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        let id = try options.argument(0, "container-id")
        let runtime = try context.runtime()
        let detached = options.flag("detach")
        let configuration = try runtime.configuration(of: id)
        var request = ExecuteRequest(
            id: id, configuration: configuration, process: try process(options, configuration),
            pidFile: options.path("pid-file"), consoleSocket: options.path("console-socket"),
            preservedDescriptors: try LaunchOptions.preservedDescriptors(options), cgroup: options.value("cgroup"),
            ignorePaused: options.flag("ignore-paused"))
        request.pidfdSocket = options.path("pidfd-socket")
        if request.process.terminal, detached, request.consoleSocket == nil {
            throw UsageError("a detached process with a terminal needs --console-socket")
        }
        let terminal =
            request.process.terminal && request.consoleSocket == nil ? try ForegroundTerminal() : nil
        request.consoleDescriptor = terminal?.childEnd
        if terminal != nil, request.process.consoleSize == nil {
            request.process.consoleSize = ForegroundTerminal.callersSize()
        }
        // Detached, too: who is asked to end while the process has not begun takes it with him.
        let signals = try Foreground.holdSignals()
        OwnEnvironment.forget()
        let process = try runtime.execute(request)
        if detached {
            fflush(nil)
            _exit(0)
        }
        let log = context.log
        return try Foreground(terminal: try terminal?.relay(), hangUp: .leaves, tell: { log.warning($0) })
            .wait(for: process, signals: signals)
    }

    private static func process(
        _ options: Options, _ configuration: RuntimeConfiguration
    ) throws -> RuntimeConfiguration.Process {
        if let file = options.value("process") {
            try options.noMore(than: 1)
            return try RuntimeConfiguration.Process(json: try SystemFile.document(file))
        }
        var process = configuration.process ?? RuntimeConfiguration.Process(arguments: [])
        process.arguments = Array(options.positional.dropFirst())
        guard !process.arguments.isEmpty else { throw UsageError("<program> is missing") }
        process.terminal = options.flag("tty")
        for entry in options.all("env") {
            let name = entry.utf8.prefix { $0 != UInt8(ascii: "=") }
            guard !name.isEmpty, name.count < entry.utf8.count else {
                throw UsageError("--env '\(entry)' is not NAME=VALUE")
            }
            process.environment.removeAll { $0.utf8.prefix { $0 != UInt8(ascii: "=") }.elementsEqual(name) }
            process.environment.append(entry)
        }
        if process.terminal, !process.environment.contains(where: { $0.starts("TERM=") }) {
            process.environment.append("TERM=xterm")
        }
        if let directory = options.value("cwd") { process.workingDirectory = directory }
        if let user = options.value("user") {
            let parts = user.fields(between: ":").map { UInt32($0) }
            guard let uid = parts.first ?? nil, parts.count <= 2, !parts.contains(nil) else {
                throw UsageError("--user '\(user)' is not UID or UID:GID in numbers")
            }
            process.user.uid = uid
            if parts.count == 2, let gid = parts[1] { process.user.gid = gid }
        }
        for group in options.all("additional-gids") {
            guard let number = UInt32(group) else { throw UsageError("--additional-gids '\(group)' is not a number") }
            process.user.additionalGids.append(number)
        }
        for name in options.all("cap") { add(name, to: &process) }
        if options.flag("no-new-privs") { process.noNewPrivileges = true }
        if let profile = options.value("apparmor") { process.apparmorProfile = profile }
        if let label = options.value("process-label") { process.selinuxLabel = label }
        return process
    }

    /// As runc: not to the inheritable set (CVE-2022-24769), to the ambient one where the process inherits by it.
    private static func add(_ name: String, to process: inout RuntimeConfiguration.Process) {
        var capabilities = process.capabilities ?? RuntimeConfiguration.Capabilities()
        for set in [\RuntimeConfiguration.Capabilities.bounding, \.effective, \.permitted]
        where !capabilities[keyPath: set].contains(name) {
            capabilities[keyPath: set].append(name)
        }
        process.capabilities = capabilities
    }
}
