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
        if let filter {
            found = try filter.filtered(
                found, image: { name in try? images.image(name).id }, health: { health(of: $0)?.status })
        }
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

    /// The text of `isolab inspect`, and what is wrong with the names of which it does not tell: what is there is told of though
    /// others are not.
    ///
    /// - Parameters:
    ///   - kind: `image` or `container`; nil: whatever has the name, a container first.
    ///   - format: a template, applied to each; nil: JSON, a list of all.
    ///   - sized: whether it is counted what containers wrote (`--size`).
    public func inspect(_ names: [String], kind: String?, format: String?, sized: Bool = false) throws -> (
        text: String, faults: [any Error]
    ) {
        guard kind == nil || kind == "image" || kind == "container" else {
            throw OptionError("--type", kind ?? "", "takes image or container")
        }
        // As docker: nothing is listed here, `table` is a word of the template.
        let template = try InspectionFormat.template(format)
        let sizes = sized ? try containerUse() : [:]
        func tree(_ name: String) throws -> JSONTree {
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
        var found: [JSONTree] = []
        var faults: [any Error] = []
        for name in names {
            do { found.append(try tree(name)) } catch { faults.append(error) }
        }
        return (try InspectionFormat.text(found, template), faults)
    }
}

extension ImageStore {
    /// The labels of an image; none of one that cannot be read.
    public func labels(of image: Digest) -> [String: String] {
        (try? self.image("\(image)"))?.configuration.execution.labels ?? [:]
    }
}
