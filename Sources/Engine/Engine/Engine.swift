package import Containers
import Glibc
package import Images
package import Linux
import Machines
package import Networks
import OCI
package import Volumes

/// Images as containers and guests: what `isolab run` and its like do.
///
/// There is no daemon: the process that runs a container looks after it (`isolab run`, or a keeper in the background), and the container
/// ends with it, however that ends (PR_SET_PDEATHSIG). What one that was killed leaves behind (a cgroup, a directory) the next command finds and frees: every
/// container has its record before it has anything else.
package struct Engine: Sendable {
    package let images: ImageStore
    package let runtime: Runtime
    package let volumes: VolumeStore
    package let networks: NetworkStore
    let shelf: ContainerRecords
    let journal: EventJournal
    /// Takes a line about something that was asked for and could not be had.
    let warn: @Sendable (String) -> Void
    /// Takes a line about containers whose keeper is gone, and what became of them.
    let announce: @Sendable (String) -> Void

    /// - Parameters:
    ///   - data: where images and containers are kept.
    ///   - warn: called for what is done without.
    ///   - announce: called for containers whose keeper is gone; nil: as `warn`.
    package init(
        data: String = StandardDirectories.data, warn: @escaping @Sendable (String) -> Void = { _ in },
        announce: (@Sendable (String) -> Void)? = nil
    ) throws {
        images = try ImageStore(root: data + "/images")
        runtime = try Runtime(warn: warn)
        shelf = try ContainerRecords(path: data + "/containers")
        volumes = VolumeStore(path: data + "/volumes")
        networks = NetworkStore(path: data + "/networks")
        journal = EventJournal(data: data)
        self.warn = warn
        self.announce = announce ?? warn
    }

    // MARK: - Finding

    /// The container of a name, an identifier or its beginning.
    package func container(_ text: String) throws -> StoredContainer { asItIs(try shelf.find(text)) }

    /// Every container, the latest first. Records that cannot be read are passed over with a warning.
    package func containers() throws -> [StoredContainer] {
        try shelf.identifiers.compactMap { id in
            let container = shelf.container(id)
            if container == nil {
                warn(
                    "the record of container \(id.prefix(12)) cannot be read: `isolab rm -f \(id.prefix(12))` removes it"
                )
            }
            return container.map(asItIs)
        }.sorted { $0.created > $1.created }
    }

    /// How a container is, from the kernel's word as far as that goes.
    package func status(of container: StoredContainer) -> ContainerStatus {
        let state = try? runtime.state(of: container.id)
        switch state?.status {
        case .running: return .running
        case .paused: return .paused
        case .created, .creating: return .created
        case .stopped, nil: break
        }
        if let background = container.background, background.isDetached, shelf.isLookedAfter(container.id) {
            if background.isRestarting { return .restarting(container.exitCode) }
            // Its keeper writes its start or its end down at this moment.
            if container.started != nil, container.finished == nil { return .running }
        }
        if container.isGuest, container.finished == nil, shelf.isLookedAfter(container.id) { return .running }
        if container.finished == nil, container.started == nil { return .created }
        return .exited(container.exitCode)
    }

    // MARK: - What was left behind

    /// Whether there ever was an engine in the standard places, or a store of images, which builds and pulls make by themselves.
    package static var isUsed: Bool {
        ["containers", "images"].contains { SystemFile.exists("\(StandardDirectories.data)/\($0)") }
    }

    /// The same for the standard places; nothing where there never was an engine.
    ///
    /// - Parameter keep: takes what could not be released.
    package static func releaseLeftovers(keep: @escaping @Sendable (String) -> Void) throws -> [String] {
        let secrets = AbandonedSecrets.remove().map { "secrets of a build that was killed: \($0)" }
        guard isUsed else { return secrets }
        do {
            return try secrets + Engine(warn: keep, announce: { _ in }).releaseLeftovers(waits: true)
        } catch {
            keep("\(error)")
            return secrets
        }
    }

    /// Frees what killed processes left: ends their containers, removes those that were to go with their end (`--rm`), and
    /// writes down that the others have ended.
    ///
    /// - Parameter waits: whether it takes its time for what was killed and does not die, as whoever asks for no more than this does.
    /// - Returns: what was done, one short phrase each.
    @discardableResult
    package func releaseLeftovers(waits: Bool = false) throws -> [String] {
        var released = try images.removeAbandonedBuilds().map {
            "build \($0), which was killed: its temporary files were removed"
        }
        let blobs = try images.removeAbandonedBlobs()
        if blobs > 0 { released.append("unfinished blobs of killed commands: \(blobs)") }
        for id in try volumes.releaseLeftovers() {
            released.append("volume \(volumes.volume(id)?.name ?? id): an interrupted change was completed or undone")
        }
        shelf.sweep()
        var patience = Self.patienceWithOrphans
        for id in try shelf.orphans() {
            guard let care = shelf.takeOver(id) else { continue }
            if care.isForCopy {
                shelf.end(id)
                continue
            }
            let container = shelf.container(id)
            // One that cannot end yet keeps nobody from the others.
            do {
                if !waits { try look(at: id, care: care, &patience) }
                try runtime.delete(id, force: true)
            } catch {
                warn("container \(container?.name ?? String(id.prefix(12))), whose isolab has ended, is kept: \(error)")
                continue
            }
            // What was killed before its machine ended still has its addresses.
            if container?.isGuest == true { GuestLeftovers.release(in: Machines.StateDirectory()) }
            // Before it is started again, which gives it its places anew.
            leaveNetworks(id)
            if let words = try recover(id, care: care) {
                announce(words)
                released.append(words)
                continue
            }
            if var container, !container.removes, container.started != nil {
                if container.finished == nil {
                    container.finished = Timestamp.now(nanoseconds: true)
                    // It got the signal of its owner's death.
                    container.exitCode = 128 + SIGKILL
                    try shelf.write(container)
                    recordEnd(of: container, status: 128 + SIGKILL)
                }
                shelf.end(id)
                released.append("container \(container.name), whose isolab was killed; the container is kept")
            } else {
                if let container {
                    if container.started != nil { recordEnd(of: container, status: 128 + SIGKILL) }
                    try removeAnonymousVolumes(of: container)
                }
                try images.removeSnapshot(id)
                if let container { try forget(container) } else { try shelf.remove(id, name: nil) }
                released.append(
                    "container \(container?.name ?? String(id.prefix(12))), whose isolab was killed; the container was removed"
                )
            }
            _ = consume care
        }
        released += try releaseEndpoints()
        return released
    }

    /// Ends what killed keepers and commands left running, for a command that has nothing else to free: where there is none, it costs a
    /// look at the locks.
    func endOrphans() throws {
        if try !shelf.orphans().isEmpty { try releaseLeftovers() }
    }

    /// Milliseconds that one command gives all that does not die, and that no command waited for before.
    private static let patienceWithOrphans: UInt64 = 1000

    /// Looks whether a container can be ended, in whose way no command waits for long.
    ///
    /// - Throws: `SystemError` where a process of it does not die.
    private func look(at id: String, care: borrowing ContainerRecords.Claim, _ patience: inout UInt64)
        throws(SystemError)
    {
        var held = care.held.filter { $0.isLeft(after: 0) }
        if held.isEmpty {
            let begin = HostClock.now()
            held = runtime.held(in: id, within: patience)
            guard !held.isEmpty else { return }
            patience -= min(patience, (HostClock.now() - begin) / 1_000_000)
            care.keep(held: held)
        }
        throw UndyingProcesses.error(held.map(\.pid))
    }
}

/// How a container is.
package enum ContainerStatus: Equatable, Sendable, CustomStringConvertible {
    case created
    case running
    case paused
    /// It has ended, with an exit status, and waits for its next run.
    case restarting(Int32?)
    /// With its exit status, where somebody saw it.
    case exited(Int32?)

    package var isAlive: Bool {
        if case .restarting = self { return true }
        return self == .running || self == .paused
    }

    package var description: String {
        switch self {
        case .created: "created"
        case .running: "running"
        case .paused: "paused"
        case .restarting: "restarting"
        case .exited: "exited"
        }
    }
}
