import Containers
import Glibc
import ImageRuntime
import Linux
import OCI

/// What `isolab exec` is asked for.
package struct ExecuteOptions: Equatable, Sendable {
    package var interactive = false
    package var terminal = false
    package var environment: [EnvironmentChange] = []
    package var workingDirectory: String?
    package var user: String?
    package var privileged = false
    /// `-d`: it is not waited for.
    package var detaches = false

    package init() {}
}

extension Engine {
    /// Runs a further command in a running container, attached, and waits for its end.
    ///
    /// - Returns: the exit status as a shell has it.
    package func execute(_ text: String, _ command: [String], _ options: ExecuteOptions) throws -> Int32 {
        guard !command.isEmpty else { throw OptionError("exec", text, "names no command to run") }
        guard command.first != "" else { throw EngineError.emptyCommand }
        Self.setFileModeMask()
        try endOrphans()
        let container = try shelf.find(text)
        guard !container.isGuest else {
            throw EngineError.unsupported(
                "'\(text)' is a guest (--vm): no second command can run in it",
                advice:
                    "give `isolab run --vm` one command that does everything, such as sh -c '…', or run the image as a container"
            )
        }
        guard status(of: container) == .running, let pid = try runtime.state(of: container.id).pid else {
            throw EngineError.state(
                "exec into", text, "\(status(of: container))", advice: "commands run only in running containers"
            )
        }
        var configuration = try runtime.configuration(of: container.id)
        guard var process = configuration.process else {
            throw EngineError.state("exec into", text, "without a process", advice: "remove it")
        }
        process.arguments = command
        process.terminal = options.terminal && !options.detaches
        for change in options.environment where change.value == nil { _ = try CallerText.variable(change.name) }
        if let directory = options.workingDirectory {
            guard directory.starts("/") else {
                throw OptionError("--workdir", directory, "must be an absolute path in the container, such as /srv")
            }
            process.workingDirectory = directory
        }
        if options.terminal, !process.environment.contains(where: { $0.starts("TERM=") }) {
            process.environment.append("TERM=xterm")
        }
        if let user = options.user {
            let keepsHome = container.namesHome || options.environment.contains { $0.name == "HOME" }
            try setUser(user, of: &process, pid: pid, keepsHome: keepsHome)
        }
        // The caller's word is above what follows from the user.
        process.environment = EnvironmentChange.apply(options.environment, to: process.environment) {
            getenv($0).flatMap { CallerText.text($0) }
        }
        if options.privileged {
            // As `run --privileged`: what this host cannot give nobody misses.
            let capabilities = CapabilitySet.boundingSet().memberNames
            process.capabilities?.bounding = capabilities
            process.capabilities?.effective = capabilities
            process.capabilities?.permitted = capabilities
            configuration.linux?.seccomp = nil
        }
        if !StandardDirectories.isHostRoot, runtime.hasCgroup(container.id) {
            try OwnScope.enterWhereNothingIsDelegated()
        }
        var request = ExecuteRequest(id: container.id, configuration: configuration, process: process)
        if options.detaches { return try detach(request) }
        let terminal = options.terminal ? try ForegroundTerminal() : nil
        request.consoleDescriptor = terminal?.childEnd
        if terminal != nil { request.process.consoleSize = ForegroundTerminal.callersSize() }
        let streams = options.terminal ? nil : try StreamRelay(input: options.interactive)
        if let streams { request.streams = streams.childStreams }
        let signals = try Foreground.holdSignals()
        do {
            let running = try runtime.execute(request)
            let relay = try terminal?.relay(input: options.interactive)
            let status = try Foreground(terminal: relay, streams: streams, hangUp: .leaves, tell: warn)
                .wait(for: running, signals: signals)
            return tell(streams?.failure, status)
        } catch {
            throw Self.asProgramError(error, running: command.first)
        }
    }

    /// Leaves it to the container: nobody reads what it says, or how it ends.
    private func detach(_ request: ExecuteRequest) throws -> Int32 {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        var request = request
        request.streams = StandardStreams(input: null.number, output: null.number, error: null.number)
        // Who is asked to end while the process has not begun takes it with him.
        let signals = try Foreground.holdSignals()
        defer { close(signals) }
        do {
            _ = try runtime.execute(request)
            return 0
        } catch {
            throw Self.asProgramError(error, running: request.process.arguments.first)
        }
    }

    private func setUser(
        _ text: String, of process: inout RuntimeConfiguration.Process, pid: Int32, keepsHome: Bool
    ) throws {
        let user = try UserDatabase(container: pid).resolve(text)
        process.user = RuntimeConfiguration.User(
            uid: user.uid, gid: user.gid,
            additionalGids: [user.gid] + user.supplementaryGids.filter { $0 != user.gid })
        let bounding = process.capabilities?.bounding ?? []
        process.capabilities?.effective = user.uid == 0 ? bounding : []
        process.capabilities?.permitted = user.uid == 0 ? bounding : []
        guard !keepsHome else { return }
        process.environment.removeAll { $0.starts("HOME=") }
        process.environment.append("HOME=\(user.home)")
    }
}
