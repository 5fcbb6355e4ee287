public import Containers
import Glibc
public import Images
public import Linux
import OCI

/// Images as containers and guests: what `isolab run` and its like do.
///
/// There is no daemon: the process that runs a container looks after it, and the container ends with it, however that ends
/// (PR_SET_PDEATHSIG). What one that was killed leaves behind (a cgroup, a directory) the next command finds and frees: every
/// container has its record before it has anything else.
public struct Engine: Sendable {
    public let images: ImageStore
    public let runtime: Runtime
    let shelf: ContainerShelf
    /// Takes a line about something that was asked for and could not be had.
    let warn: @Sendable (String) -> Void

    /// - Parameters:
    ///   - data: where images and containers are kept.
    ///   - warn: called for what is done without.
    public init(
        data: String = StandardDirectories.data, warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        images = try ImageStore(root: data + "/images")
        runtime = try Runtime(warn: warn)
        shelf = try ContainerShelf(path: data + "/containers")
        self.warn = warn
    }

    // MARK: - Finding

    /// The container of a name, an identifier or its beginning.
    public func container(_ text: String) throws -> StoredContainer { try shelf.find(text) }

    /// Every container, the latest first. Records that cannot be read are passed over with a warning.
    public func containers() throws -> [StoredContainer] {
        try shelf.identifiers.compactMap { id in
            let container = shelf.container(id)
            if container == nil {
                warn(
                    "the record of container \(id.prefix(12)) cannot be read: `isolab rm -f \(id.prefix(12))` removes it"
                )
            }
            return container
        }.sorted { $0.created > $1.created }
    }

    /// How a container is, from the kernel's word as far as that goes.
    public func status(of container: StoredContainer) -> ContainerStatus {
        let state = try? runtime.state(of: container.id)
        switch state?.status {
        case .running: return .running
        case .paused: return .paused
        case .created, .creating: return .created
        case .stopped, nil: break
        }
        if container.isGuest, container.finished == nil, shelf.isLookedAfter(container.id) { return .running }
        if container.finished == nil, container.started == nil { return .created }
        return .exited(container.exitCode)
    }

    // MARK: - What was left behind

    /// Whether there ever was an engine in the standard places, or a store of images, which builds and pulls make by themselves.
    public static var isUsed: Bool {
        ["containers", "images"].contains { SystemFile.exists("\(StandardDirectories.data)/\($0)") }
    }

    /// The same for the standard places; nothing where there never was an engine.
    ///
    /// - Parameter keep: takes what could not be released.
    public static func releaseLeftovers(keep: (String) -> Void) throws -> [String] {
        guard isUsed else { return [] }
        do { return try Engine().releaseLeftovers() } catch {
            keep("\(error)")
            return []
        }
    }

    /// Frees what killed processes left: ends their containers, removes those that were to go with their end (`--rm`), and
    /// writes down that the others have ended.
    ///
    /// - Returns: what was done, one short phrase each.
    @discardableResult
    public func releaseLeftovers() throws -> [String] {
        var released = try images.removeAbandonedBuilds().map {
            "build \($0), which was killed: what it worked with is removed"
        }
        let blobs = try images.removeAbandonedBlobs()
        if blobs > 0 { released.append("blobs that killed commands had not finished: \(blobs)") }
        for id in try shelf.orphans() {
            guard let care = shelf.takeOver(id) else { continue }
            try runtime.delete(id, force: true)
            let container = shelf.container(id)
            if var container, !container.removes, container.started != nil {
                container.finished = Timestamp.now(nanoseconds: true)
                // It got the signal of its owner's death.
                container.exitCode = 128 + SIGKILL
                try shelf.write(container)
                shelf.end(id)
                released.append("container \(container.name), whose isolab was killed: it is kept")
            } else {
                try images.removeSnapshot(id)
                try shelf.remove(id, name: container?.name)
                released.append(
                    "container \(container?.name ?? String(id.prefix(12))), whose isolab was killed: it is removed")
            }
            _ = consume care
        }
        return released
    }
}

/// How a container is.
public enum ContainerStatus: Equatable, Sendable, CustomStringConvertible {
    case created
    case running
    case paused
    /// With its exit status, where somebody saw it.
    case exited(Int32?)

    public var isAlive: Bool { self == .running || self == .paused }

    public var description: String {
        switch self {
        case .created: "created"
        case .running: "running"
        case .paused: "paused"
        case .exited: "exited"
        }
    }
}
