package import Images
import Linux
package import OCI

extension Engine {
    /// Every container with how it is, those that have ended only where asked for.
    package func containersWithStatus(
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
    package func removeImage(_ text: String, force: Bool) throws -> Removal {
        try releaseLeftovers()
        do throws(ImageError) {
            let removal = try images.remove(text, force: force, users: users(of:))
            record(removal)
            return removal
        } catch {
            guard case .inUse(let name, let owners) = error else { throw error }
            let advice =
                owners.contains { $0.starts("container ") } ? ["remove each with `isolab rm`, or use --force"] : []
            throw ImageError.inUse(name, by: owners.map(named) + advice)
        }
    }

    /// The store of images knows containers by their identifiers alone, which no user types.
    private func named(_ user: String) -> String {
        guard let id = user.rest(after: "container "), let container = shelf.container(String(id)) else { return user }
        return "container \(container.name)"
    }

    /// Removes images that no container was made from: those without a name, or all.
    package func pruneImages(all: Bool) throws -> Removal {
        try releaseLeftovers()
        let removal = try images.prune(all: all, users: users(of:))
        record(removal)
        return removal
    }

    /// Guests have no root in the store that would say what they are made of.
    private func users(of image: Digest) -> [String] {
        let containers = (try? self.containers()) ?? []
        return containers.filter { $0.imageID == image && $0.isGuest && status(of: $0).isAlive }.map {
            "guest \($0.name)"
        }
    }
}

extension ImageStore {
    /// The labels of an image; none of one that cannot be read.
    package func labels(of image: Digest) -> [String: String] {
        (try? self.image("\(image)"))?.configuration.execution.labels ?? [:]
    }
}
