import Containers
import Glibc
import ImageRuntime
import Images
import Linux
public import OCI

/// What `isolab run` is asked for.
public struct RunRequest: Sendable {
    /// As the user calls it.
    public var image: String
    /// In place of the image's command; empty: the image's.
    public var command: [String]
    public var options: RunOptions

    public init(image: String, command: [String] = [], options: RunOptions = RunOptions()) {
        self.image = image
        self.command = command
        self.options = options
    }
}

extension Engine {
    /// Runs a container of an image, attached to the caller's streams, and waits for its end.
    ///
    /// Call it on the main thread: the container ends with the thread that made it.
    ///
    /// - Parameter fetch: gets an image from its registry.
    /// - Returns: the exit status as a shell has it.
    /// - Throws: `OptionError`, `ImageError`, `EngineError`, `SystemError`, …; nothing of the container is left then.
    public func run(
        _ request: RunRequest, fetch: (ImageReference, Platform?) throws -> Void
    ) throws -> Int32 {
        let options = request.options
        try options.validate()
        Self.setFileModeMask()
        try releaseLeftovers()
        // What the host cannot give is said before anything is fetched or made.
        let facts = try RunFacts.detect(for: options)
        let image = try image(for: request, fetch: fetch)
        // Whoever is no root of any kind has entered a user namespace before (`OwnUserNamespace`).
        guard geteuid() == 0 else {
            throw EngineError.unsupported(
                "containers of images need root, of the host or of a user namespace", advice: "run `isolab run`")
        }

        var container = StoredContainer(
            id: ContainerName.identifier(), name: "", image: request.image, imageID: image.id,
            manifest: image.descriptor, command: [], created: Timestamp.now(nanoseconds: true),
            removes: options.removes, terminal: options.terminal, stopTimeout: options.stopTimeout,
            labels: image.configuration.execution.labels.merging(
                options.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
        container.namesHome =
            options.environment.contains { $0.name == "HOME" }
            || image.configuration.execution.environment.contains { $0.starts("HOME=") }
        container.keeper = try ContainerRecord.Identity(of: getpid())
        let care = try shelf.add(&container, named: options.name)
        do {
            try options.writeIdentifier(container.id)
            let prepared = try prepare(request, image, container, facts)
            container.command = prepared.configuration.process?.arguments ?? []
            // What the user runs, not what starts it for him.
            if options.hasInit { container.command.removeFirst(RunOptions.initArguments.count) }
            container.settings =
                ContainerSettings(
                    request: request, image: image.configuration, hostname: prepared.configuration.hostname ?? "",
                    environment: facts.environment
                ).tree
            container.started = Timestamp.now(nanoseconds: true)
            try shelf.write(container)
            let status = try attach(prepared, container, options, facts)
            container.memoryKills = tellMemoryKills(of: container, options)
            // Whoever removes it by force at this moment does the same.
            try runtime.delete(container.id, force: true)
            if options.removes {
                try discard(container)
            } else {
                container.finished = Timestamp.now(nanoseconds: true)
                container.exitCode = status
                try shelf.write(container)
                shelf.end(container.id)
            }
            _ = consume care
            return status
        } catch {
            try? runtime.delete(container.id, force: true)
            try? discard(container)
            throw Self.asProgramError(error, running: container.command.first)
        }
    }

    /// The kernel ends whom it finds, without a word to anybody: that it did is said, and written down.
    ///
    /// - Returns: how many of the container's processes it ended; nil for none.
    private func tellMemoryKills(of container: StoredContainer, _ options: RunOptions) -> Int64? {
        let kills = runtime.outOfMemoryKills(of: container.id)
        guard kills > 0 else { return nil }
        let limit = options.memory.map { " (--memory \($0.bytes))" } ?? ""
        warn(
            "container \(container.name) ran out of memory\(limit): the kernel killed \(kills) of its processes")
        return Int64(clamping: kills)
    }

    private func discard(_ container: StoredContainer) throws {
        try images.removeSnapshot(container.id)
        try shelf.remove(container.id, name: container.name)
    }

    // MARK: - Image

    func image(
        for request: RunRequest, fetch: (ImageReference, Platform?) throws -> Void
    ) throws -> StoredImage {
        let platform = request.options.platform
        func stored() throws(ImageError) -> StoredImage {
            let image = try images.image(request.image, platform: platform ?? .host)
            // A name for one platform alone is found whatever platform is asked for.
            let own = image.configuration.platform
            if let platform, !platform.runs(own) {
                throw .otherPlatform(request.image, wanted: platform, available: [own])
            }
            return image
        }
        if request.options.pull != .always {
            do throws(ImageError) { return try stored() } catch {
                guard request.options.pull == .missing, error.isAbsence else { throw error }
            }
        }
        try fetch(try ImageReference(request.image).withDefaultTag, platform)
        return try stored()
    }

    // MARK: - Preparing

    private struct Prepared {
        var configuration: RuntimeConfiguration
        var root: RootFileSystem
        /// What is made in it where it is missing.
        var directories: [String]
    }

    private func prepare(
        _ request: RunRequest, _ image: StoredImage, _ container: StoredContainer, _ facts: RunFacts
    ) throws -> Prepared {
        let options = request.options
        let snapshot = try images.makeSnapshot(container.id, of: image)
        let root: RootFileSystem
        let users: UserDatabase
        switch snapshot.root(volatile: options.removes) {
        case .overlay(let overlay):
            root = .snapshot(overlay)
            users = try UserDatabase(layers: snapshot.stack.diffIDs.reversed().map { images.tree(of: $0) })
        case .directory(let path):
            warn("overlayfs cannot be mounted on \(images.root): the container has a whole copy of the image")
            root = .directory(path)
            users = try UserDatabase(rootfs: path)
        }
        let user = try options.user(of: image.configuration, in: users)
        var configuration = try options.configuration(
            of: image.configuration, command: request.command, user: user, id: container.id, rootPath: snapshot.upper,
            facts: facts)
        let files = try HostFiles(configuration, options, directory: shelf.directory(container.id))
        configuration.mounts += files.mounts
        return Prepared(
            configuration: configuration, root: root,
            directories: options.imageVolumes(of: image.configuration).paths)
    }

    // MARK: - Running

    /// What is made in a container is what its image says, not what the caller's shell takes off.
    static func setFileModeMask() { _ = umask(0o022) }

    private func attach(
        _ prepared: Prepared, _ container: StoredContainer, _ options: RunOptions, _ facts: RunFacts
    ) throws -> Int32 {
        var creation = CreateRequest(
            id: container.id, bundle: Bundle(at: shelf.directory(container.id), prepared.configuration),
            waitsForStart: false)
        creation.root = prepared.root
        creation.directories = prepared.directories
        creation.diesWithCreator = true
        // Limits that nobody asked for are not missed.
        creation.mayLackCgroup = facts.inUserNamespace && !options.needsCgroup
        // There it is read after the end, too, who was killed for want of memory: a container's own scope would be gone by then.
        if facts.inUserNamespace, options.needsCgroup { try OwnScope.enterWhereNothingIsDelegated() }
        let terminal = options.terminal ? try ForegroundTerminal() : nil
        creation.consoleDescriptor = terminal?.childEnd
        if terminal != nil { creation.consoleSize = ForegroundTerminal.callersSize() }
        // Without `-i` the container reads nothing, rather than what was meant for the caller.
        let streams = options.terminal ? nil : try StreamRelay(input: options.interactive)
        if let streams { creation.streams = streams.childStreams }
        let signals = try Foreground.holdSignals()
        let process = try runtime.create(creation)
        let relay = try terminal?.relay(input: options.interactive)
        let status = try Foreground(terminal: relay, streams: streams, forcesEnd: true, hangUp: .ends)
            .wait(for: process, signals: signals)
        return tell(streams?.failure, status)
    }

    /// A command that believes to have written what is lost has not done what it was asked for.
    func tell(_ failure: SystemError?, _ status: Int32) -> Int32 {
        guard let failure else { return status }
        warn("what the command wrote or should have read is not complete: \(failure)")
        return status == 0 ? 125 : status
    }

    /// A program that is not there, or may not be executed, has statuses of its own in every shell and engine.
    ///
    /// - Parameter program: as it was called; a name without a slash was looked for in PATH.
    static func asProgramError(_ error: any Error, running program: String?) -> any Error {
        guard let error = error as? SystemError else { return error }
        switch (error.operation, error.errno) {
        case ("execve", ENOENT) where program?.holds("/") == false:
            return EngineError.program(
                SystemError(
                    "execve", program ?? "", errno: ENOENT, advice: "there is no such program in the container's PATH"),
                status: 127)
        case ("execve", ENOENT), ("execve", ENOTDIR): return EngineError.program(error, status: 127)
        case ("execve", EACCES), ("execve", EPERM), ("execve", ENOEXEC), ("execve", EISDIR):
            return EngineError.program(error, status: 126)
        // What the kernel says of both kinds in one place, and nobody would guess.
        case ("move_mount", EINVAL), ("move_mount", ENOTDIR):
            return OptionError(
                "--volume", error.object,
                "a directory can be mounted on a directory alone, and a file on a file")
        case ("write", let number) where error.object.starts("/proc/sys/"):
            let name = error.object.parts(between: "/").dropFirst(2).joined(separator: ".")
            return OptionError(
                "--sysctl", name,
                number == ENOENT
                    ? "the container's kernel has no such parameter"
                    : number == EINVAL
                        ? "the kernel does not take this value"
                        : "the kernel refuses it: \(SystemError.message(number))")
        case ("chdir", let number):
            return SystemError(
                "chdir", error.object, errno: number, advice: "--workdir names another working directory")
        default: return error
        }
    }
}

extension ImageError {
    /// Whether it says that the image is not here, rather than that something is wrong with it.
    var isAbsence: Bool {
        switch self {
        case .unknown: true
        case .otherPlatform: true
        default: false
        }
    }
}
