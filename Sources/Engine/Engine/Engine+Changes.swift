import Containers
import Glibc
import Images
import Layers
import Linux
package import OCI
import Presentation

extension Engine {
    /// The text of `isolab diff`: what a container changed in its image's files.
    ///
    /// What is mounted into every container (`/etc/hosts` and its like) is no change of its own.
    ///
    /// - Parameter format: `json` or a template; nil: a letter and a path a line.
    package func changes(of text: String, format: String?) throws -> String {
        try endOrphans()
        let snapshot = try snapshot(of: try container(text), for: "compare")
        let changes = try images.changes(in: snapshot).filter { !HostFiles.paths.contains($0.shownPath) }
        let listing = Listing(
            [], further: ["Kind": "KIND", "Path": "PATH"],
            rows: changes.map {
                .object([.init("Kind", .text($0.kind.rawValue)), .init("Path", .text($0.shownPath))])
            })
        let format = try format.map { try ListFormat($0) } ?? .lines(try Template("{{.Kind}} {{.Path}}"))
        return try listing.text(format, limit: nil)
    }

    /// Makes an image of a container: its image, and what it changed as one more layer.
    ///
    /// - Parameters:
    ///   - pauses: whether one that runs is stopped where it is meanwhile.
    ///   - change: makes of what the container's image says of its containers what the new one does.
    /// - Returns: the image's identifier.
    package func commit(
        _ text: String, as name: String?, author: String?, comment: String?, pauses: Bool = true,
        change: (ImageConfiguration.Execution) throws -> ImageConfiguration.Execution = { $0 }
    ) throws -> String {
        try endOrphans()
        let container = try container(text)
        let snapshot = try snapshot(of: container, for: "commit")
        let names = try name.map { [try ImageReference($0).withDefaultTag] } ?? []
        let execution = try change(try images.image(of: snapshot).configuration.execution)
        let isPaused = try pauses && pauseForReading(container)
        defer { if isPaused { try? runtime.resume(container.id) } }
        let image = try images.commit(
            snapshot, as: names,
            options: CommitOptions(
                author: author, comment: comment, createdBy: container.command.joined(separator: " "),
                execution: execution))
        record("commit", container)
        return "\(image.id)"
    }

    /// Writes all files of a container as a tar archive: its image's and its own; nothing that is mounted in it.
    ///
    /// One that runs is stopped where it is meanwhile.
    package func export(_ text: String, to descriptor: Int32) throws {
        try endOrphans()
        let container = try container(text)
        let snapshot = try snapshot(of: container, for: "export")
        let isPaused = try pauseForReading(container)
        defer { if isPaused { try? runtime.resume(container.id) } }
        var options = PackOptions(compression: .none, workers: 1)
        options.hasNoWhiteouts = true
        let layers =
            snapshot.form == .copy
            ? [snapshot.upper] : [snapshot.upper] + snapshot.stack.diffIDs.reversed().map { images.tree(of: $0) }
        _ = try LayerPacker(options).pack(MergedTree(layers: layers), to: descriptor)
    }

    /// Stops a container that runs where it is. Without a cgroup that can be frozen it goes on, and what it is writing may be incomplete.
    ///
    /// - Returns: whether it has to be resumed.
    private func pauseForReading(_ container: StoredContainer) throws -> Bool {
        guard status(of: container) == .running else { return false }
        do { try runtime.pause(container.id) } catch let error as SystemError where error.errno == ENOTSUP {
            warn(
                "container \(container.name) was not paused: it has no cgroup to freeze, so files that it is writing may be incomplete"
            )
            return false
        }
        return true
    }

    private func snapshot(of container: StoredContainer, for operation: String) throws -> Snapshot {
        guard let snapshot = try images.snapshot(container.id) else {
            throw EngineError.state(
                operation, container.name, container.isGuest ? "a guest" : "without a root",
                advice: container.isGuest ? "what a guest writes is lost when it ends" : "remove it")
        }
        return snapshot
    }
}
