public import Images
public import OCI
import Presentation

extension Engine {
    /// Every container with how it is, those that have ended only where asked for.
    public func containersWithStatus(all: Bool) throws -> [(container: StoredContainer, status: ContainerStatus)] {
        try releaseLeftovers()
        return try containers().map { ($0, status(of: $0)) }.filter { all || $0.1.isAlive }
    }

    /// Removes an image, or a name of it (`rmi`).
    ///
    /// - Throws: `ImageError.inUse` with the containers that were made from it.
    public func removeImage(_ text: String, force: Bool) throws -> Removal {
        try releaseLeftovers()
        return try images.remove(text, force: force, users: users(of:))
    }

    /// Removes images that no container was made from: those without a name, or all.
    public func pruneImages(all: Bool) throws -> Removal {
        try releaseLeftovers()
        return try images.prune(all: all, users: users(of:))
    }

    /// Guests have no root in the store that would say what they are made of.
    private func users(of image: Digest) -> [String] {
        let containers = (try? self.containers()) ?? []
        return containers.filter { $0.imageID == image && $0.isGuest && status(of: $0).isAlive }.map {
            "guest \($0.name)"
        }
    }

    /// The text of `isolab inspect`.
    ///
    /// - Parameters:
    ///   - kind: `image` or `container`; nil: whatever has the name, a container first.
    ///   - format: a template, applied to each; nil: JSON, a list of all.
    public func inspect(_ names: [String], kind: String?, format: String?) throws -> String {
        guard kind == nil || kind == "image" || kind == "container" else {
            throw OptionError("--type", kind ?? "", "takes image or container")
        }
        let template: Template?
        if case .lines(let given)? = try format.map({ try ListFormat($0) }) { template = given } else { template = nil }
        let found = try names.map { name in
            if kind != "image" {
                do { return inspection(of: try container(name)) } catch {
                    if kind == "container" { throw error }
                }
            }
            return try images.image(name).inspection(images)
        }
        guard let template else {
            return String(decoding: JSONTree.list(found).json(indented: true), as: UTF8.self) + "\n"
        }
        return try found.map { try template.render($0) + "\n" }.joined()
    }
}

extension ImageStore {
    /// The labels of an image; none of one that cannot be read.
    public func labels(of image: Digest) -> [String: String] {
        (try? self.image("\(image)"))?.configuration.execution.labels ?? [:]
    }
}
