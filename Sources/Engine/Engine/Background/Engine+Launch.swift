import Containers
import Glibc
import Images
import Keeping
import Linux
import OCI
import Volumes

extension Engine {
    /// Starts a container that was made before, as a child of this process, which is about to become its keeper.
    ///
    /// - Parameters:
    ///   - container: written down with its start before that is made.
    ///   - order: gets what the keeper must know of it.
    func launch(_ container: inout StoredContainer, _ order: inout KeeperOrder) throws {
        guard var background = container.background else { throw Self.notKept(container) }
        let configuration: RuntimeConfiguration
        do { configuration = try shelf.configuration(of: container.id) } catch let error as SystemError {
            throw error.errno == ENOENT ? Self.notKept(container) : error
        }
        guard let snapshot = try images.snapshot(container.id) else {
            throw EngineError.state("start", container.name, "without a root", advice: "remove it")
        }
        background.isDetached = true
        background.isMade = true
        background.isRestarting = false
        background.isInterrupted = false
        background.isStopped = false
        container.background = background
        container.keeper = try ProcessIdentity(of: getpid())
        container.started = Timestamp.now(nanoseconds: true)
        container.finished = nil
        container.exitCode = nil
        container.failure = nil
        container.memoryKills = nil
        if background.healthcheck != nil { try shelf.write(HealthRecord(), of: container.id) }
        try shelf.write(container)

        var creation = CreateRequest(
            id: container.id, bundle: Bundle(at: shelf.directory(container.id), configuration), waitsForStart: false)
        switch snapshot.root(volatile: background.isVolatile) {
        case .overlay(let overlay): creation.root = .snapshot(overlay)
        case .directory(let path): creation.root = .directory(path)
        }
        creation.directories = background.directories
        creation.diesWithCreator = true
        creation.mayLackCgroup = background.mayLackCgroup
        if !StandardDirectories.isHostRoot, background.needsCgroup { try OwnScope.enterWhereNothingIsDelegated() }
        try start(creation, container, background, &order)
        record("start", container)
    }

    private static func notKept(_ container: StoredContainer) -> EngineError {
        EngineError.state(
            "start", container.name,
            container.isGuest ? "a guest" : "from a command that did not record its options",
            advice: container.isGuest ? "start a new one with `isolab run --vm`" : "remove it")
    }

    private func start(
        _ creation: CreateRequest, _ container: StoredContainer, _ background: BackgroundRecord,
        _ order: inout KeeperOrder
    ) throws {
        var creation = creation
        Self.setFileModeMask()
        let terminal = container.terminal ? try ForegroundTerminal() : nil
        creation.consoleDescriptor = terminal?.childEnd
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        var pipes: [Pipe] = []
        if terminal == nil {
            let output = try Pipe("a container's standard output")
            let error = try Pipe("a container's standard error")
            pipes = [output, error]
            creation.streams = StandardStreams(
                input: null.number, output: output.writeEnd, error: error.writeEnd)
            if background.hasInput {
                let input = try Pipe("a container's standard input")
                pipes.append(input)
                creation.streams.input = input.readEnd
            }
        }
        let parts = try VolumeParts(container.volumes, data: volumes.data, &creation)
        defer { withExtendedLifetime(parts) {} }
        let joined = try joinNetworks(container, &creation)
        defer { withExtendedLifetime(joined) {} }
        let process = try runtime.create(creation)
        order[.process] = Int64(process.pid)
        if let terminal { order[.terminal] = Int64(try terminal.master().release()) }
        if pipes.count > 1 {
            order[.output] = Int64(pipes[0].takeReadEnd())
            order[.error] = Int64(pipes[1].takeReadEnd())
        }
        if pipes.count > 2 { order[.input] = Int64(pipes[2].takeWriteEnd()) }
        order[.inputOnce] = background.inputOnce ? 1 : 0
        order[.log] = background.log.driver == .file ? 1 : 0
        order[.logSize] = background.log.size
        order[.logFiles] = background.log.files
        order[.stopSignal] = background.stopSignal
        order[.stopTimeout] = container.stopMilliseconds
        if let check = background.healthcheck { order[.probe] = check.firstProbe }
    }
}

extension StoredContainer {
    /// Milliseconds that it is given to end by itself; −1: as long as it takes.
    var stopMilliseconds: Int64 {
        let seconds = stopTimeout ?? 10
        return seconds < 0 ? -1 : min(seconds, 1_000_000) * 1000
    }
}
