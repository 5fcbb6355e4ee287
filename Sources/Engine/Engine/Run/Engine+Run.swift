import Containers
import Glibc
import ImageRuntime
import Images
import Linux
package import OCI
import Volumes

/// What `isolab run` is asked for.
package struct RunRequest: Sendable {
    /// As the user calls it.
    package var image: String
    /// In place of the image's command; empty: the image's.
    package var command: [String]
    package var options: RunOptions

    package init(image: String, command: [String] = [], options: RunOptions = RunOptions()) {
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
    package func run(
        _ request: RunRequest, fetch: (ImageReference, Platform?) throws -> Void
    ) throws -> Int32 {
        let options = request.options
        let made = try make(request, fetch: fetch)
        do {
            made.container.started = Timestamp.now(nanoseconds: true)
            // One that stays can be started again.
            if !options.removes { try shelf.keep(made.prepared.configuration, of: made.container.id) }
            try shelf.write(made.container)
            let status = try attach(made.prepared, made.container, options, made.facts)
            made.container.memoryKills = tellMemoryKills(of: made.container, options)
            recordEnd(of: made.container, status: status)
            // Whoever removes it by force at this moment does the same.
            let isFreed = free(made.container)
            if !options.removes {
                // Its name and its networks may be others by now.
                var container = shelf.container(made.container.id) ?? made.container
                container.memoryKills = made.container.memoryKills
                container.finished = Timestamp.now(nanoseconds: true)
                container.exitCode = status
                try shelf.write(container)
                if isFreed { shelf.end(made.container.id) }
            } else if isFreed {
                try discard(made.container)
            }
            return status
        } catch {
            if free(made.container) { try? discard(made.container) }
            throw Self.asProgramError(error, running: made.container.command.first, entrypoint: options.entrypoint)
        }
    }

    /// A container that is there but for its processes, and is looked after as long as this value lives.
    final class MadeContainer {
        var container: StoredContainer
        let prepared: Prepared
        let facts: RunFacts
        let care: ContainerRecords.Claim

        init(
            _ container: StoredContainer, _ prepared: Prepared, _ facts: RunFacts,
            care: consuming ContainerRecords.Claim
        ) {
            self.container = container
            self.prepared = prepared
            self.facts = facts
            self.care = care
        }
    }

    /// Makes a container of an image: its record, its name and its files. Where that fails nothing of it is left.
    func make(
        _ request: RunRequest, fetch: (ImageReference, Platform?) throws -> Void
    ) throws -> MadeContainer {
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
        container.keeper = try ProcessIdentity(of: getpid())
        container.networks = options.networks(of: image.configuration)
        container.background = try options.background(of: image.configuration, facts)
        var request = request
        let care = try add(&container, for: &request, of: image.configuration)
        record("create", container)
        do {
            try options.writeIdentifier(container.id)
            let prepared = try prepare(request, image, container, facts)
            container.command = prepared.configuration.process?.arguments ?? []
            // What the user runs, not what starts it for him.
            if options.hasInit { container.command.removeFirst(RunOptions.initArguments.count) }
            container.settings =
                ContainerSettings(
                    request: request, image: image.configuration,
                    hostname: prepared.configuration.hostname ?? facts.hostname,
                    environment: facts.environment
                ).tree
            return MadeContainer(container, prepared, facts, care: care)
        } catch {
            try? discard(container)
            throw Self.asProgramError(error, running: container.command.first, entrypoint: options.entrypoint)
        }
    }

    /// The kernel ends whom it finds, without a word to anybody: that it did is said, and written down.
    ///
    /// - Returns: how many of the container's processes it ended; nil for none.
    func tellMemoryKills(of container: StoredContainer, _ options: RunOptions) -> Int64? {
        let kills = runtime.outOfMemoryKills(of: container.id)
        guard kills > 0 else { return nil }
        let limit = options.memory.map { $0.bytes > 0 ? " (--memory \($0.text))" : "" } ?? ""
        warn(
            "container \(container.name) ran out of memory\(limit): the kernel killed \(kills) of its processes")
        return Int64(clamping: kills)
    }

    /// Removes all that runs of a container.
    ///
    /// - Returns: whether that went well. What cannot end yet stays written down, with what it uses, and the next command tries again.
    func free(_ container: StoredContainer) -> Bool {
        do {
            try runtime.delete(container.id, force: true)
            leaveNetworks(container.id)
            return true
        } catch {
            warn("container \(container.name) cannot be freed yet, the next command tries again: \(error)")
            return false
        }
    }

    /// Gives a container its record and its name, with its volumes: nobody removes one of these in between.
    ///
    /// - Parameter request: has each volume as a mount of its directory then.
    func add(
        _ container: inout StoredContainer, for request: inout RunRequest, of image: ImageConfiguration
    ) throws -> ContainerRecords.Claim {
        let options = request.options
        let hasVolumes = !options.namedVolumes.isEmpty || !options.volumesFrom.isEmpty
        let ofImage = container.isGuest ? nil : image
        guard hasVolumes || ofImage.map({ !options.imageVolumes(of: $0).paths.isEmpty }) == true else {
            return try shelf.add(&container, named: options.name)
        }
        let change = try volumes.change()
        let resolution = try VolumeResolution(options, image: ofImage, change) { try self.container($0) }
        request.options = resolution.options
        container.volumes = resolution.uses
        do {
            let care = try shelf.add(&container, named: options.name)
            for volume in resolution.created { record("create", volume: volume.name) }
            return care
        } catch {
            resolution.abandon(change)
            throw error
        }
    }

    func discard(_ container: StoredContainer) throws {
        try removeAnonymousVolumes(of: container)
        try images.removeSnapshot(container.id)
        try forget(container)
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
        var absence: ImageError?
        if request.options.pull != .always {
            do throws(ImageError) { return try stored() } catch {
                guard request.options.pull == .missing, error.isAbsence else { throw error }
                absence = error
            }
        }
        let reference = try ImageReference(request.image).withDefaultTag
        do { try fetch(reference, platform) } catch {
            // Who sees the image in a list has to be told why it was to be pulled at all.
            guard let absence, case .otherPlatform(let name, let wanted, let here) = absence, let first = here.first
            else {
                throw error
            }
            throw EngineError.unsupported(
                "image '\(name)' is here for \(here.map(\.description).joined(separator: ", ")), not for \(wanted), "
                    + "and could not be pulled",
                advice:
                    "`isolab pull --platform \(wanted) \(name)` tries again, --platform \(first) uses the one that is here"
            )
        }
        return try stored()
    }

    // MARK: - Preparing

    struct Prepared {
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
        try fillVolumes(container.volumes, from: snapshot)
        let root: RootFileSystem
        let users: UserDatabase
        switch snapshot.root(volatile: options.removes) {
        case .overlay(let overlay):
            root = .snapshot(overlay)
            users = try UserDatabase(layers: snapshot.stack.diffIDs.reversed().map { images.tree(of: $0) })
        case .directory(let path):
            warn("overlayfs cannot be mounted on \(images.root): the container gets a full copy of the image")
            root = .directory(path)
            users = try UserDatabase(rootfs: path)
        }
        let user = try options.user(of: image.configuration, in: users)
        var configuration = try options.configuration(
            of: image.configuration, command: request.command, user: user, id: container.id, rootPath: snapshot.upper,
            facts: facts)
        let words = configuration.process?.arguments.dropFirst(options.hasInit ? RunOptions.initArguments.count : 0)
        if words?.first?.isEmpty == true { throw EngineError.emptyCommand }
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
        let parts = try VolumeParts(container.volumes, data: volumes.data, &creation)
        defer { withExtendedLifetime(parts) {} }
        let joined = try joinNetworks(container, &creation)
        defer { withExtendedLifetime(joined) {} }
        let terminal = options.terminal ? try ForegroundTerminal() : nil
        creation.consoleDescriptor = terminal?.childEnd
        if terminal != nil { creation.consoleSize = ForegroundTerminal.callersSize() }
        // Without `-i` the container reads nothing, rather than what was meant for the caller.
        let streams = options.terminal ? nil : try StreamRelay(input: options.interactive)
        if let streams { creation.streams = streams.childStreams }
        let signals = try Foreground.holdSignals()
        let process = try runtime.create(creation)
        record("start", container)
        let relay = try terminal?.relay(input: options.interactive)
        let status = try Foreground(terminal: relay, streams: streams, forcesEnd: true, hangUp: .ends)
            .wait(for: process, signals: signals)
        return tell(streams?.failure, status)
    }

    /// A command that believes to have written what is lost has not done what it was asked for.
    func tell(_ failure: SystemError?, _ status: Int32) -> Int32 {
        guard let failure else { return status }
        warn("the command's input or output is incomplete: \(failure)")
        return status == 0 ? 125 : status
    }

    /// A program that is not there, or may not be executed, has statuses of its own in every shell and engine.
    ///
    /// - Parameters:
    ///   - program: as it was called; a name without a slash was looked for in PATH.
    ///   - entrypoint: of `--entrypoint`.
    static func asProgramError(
        _ error: any Error, running program: String?, entrypoint: String? = nil
    ) -> any Error {
        guard let error = error as? SystemError else { return error }
        switch (error.operation, error.errno) {
        // A list with a slip in it: nobody calls a program so.
        case ("execve", ENOENT) where program == entrypoint && program?.starts("[") == true && program != "[":
            return EngineError.program(
                SystemError(
                    "execve", program ?? "", errno: ENOENT,
                    advice:
                        "--entrypoint is not a list of strings in JSON, such as [\"sh\",\"-c\"], and there is no program of this name"
                ),
                status: 127)
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
                "a directory can only be mounted on a directory, and a file on a file")
        case ("write", let number) where error.object.starts("/proc/sys/"):
            let name = error.object.parts(between: "/").dropFirst(2).joined(separator: ".")
            return OptionError(
                "--sysctl", name,
                number == ENOENT
                    ? "the container's kernel has no such parameter"
                    : number == EINVAL
                        ? "the kernel does not accept this value"
                        : "the kernel refuses it: \(SystemError.message(number))")
        // As engines say it of whatever the command needs and is not there.
        case ("chdir", let number):
            return EngineError.program(
                SystemError(
                    "chdir", error.object, errno: number,
                    advice: "\(SystemError.message(number)); --workdir names another working directory"),
                status: number == ENOENT ? 127 : 126)
        default: return error
        }
    }
}
