public import Images
public import OCI
import Presentation

extension Engine {
    /// Every container with how it is, those that have ended only where asked for.
    public func containersWithStatus(
        all: Bool, _ filter: ContainerFilter? = nil
    ) throws -> [(container: StoredContainer, status: ContainerStatus)] {
        try releaseLeftovers()
        var found: [(container: StoredContainer, status: ContainerStatus)] = try containers().map {
            ($0, status(of: $0))
        }
        if let filter { found = try filter.filtered(found) { name in try? images.image(name).id } }
        return found.filter { all || $0.status.isAlive }
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
    ///   - sized: whether it is counted what containers wrote (`--size`).
    public func inspect(_ names: [String], kind: String?, format: String?, sized: Bool = false) throws -> String {
        guard kind == nil || kind == "image" || kind == "container" else {
            throw OptionError("--type", kind ?? "", "takes image or container")
        }
        let template: Template?
        switch format {
        case nil, "", "json": template = nil
        case let text?:
            guard text.firstRange(of: "{{") != nil else {
                throw OptionError("--format", text, "takes json or a template like '{{.Name}}'")
            }
            // As docker: nothing is listed here, `table` is a word of the template.
            template = try Template(text)
        }
        let sizes = sized ? try containerUse() : [:]
        let found = try names.map { name in
            if kind != "image" {
                do {
                    let container = try container(name)
                    let none = DiskUse.Container(id: container.id, image: container.imageID, own: 0, shared: 0)
                    return inspection(of: container, size: sized ? sizes[container.id] ?? none : nil)
                } catch {
                    if kind == "container" { throw error }
                }
            }
            do throws(ImageError) { return try images.image(name).inspection(images) } catch {
                guard kind == nil, case .unknown = error else { throw error }
                throw EngineError.unsupported("there is neither a container nor an image '\(name)'", advice: nil)
            }
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
