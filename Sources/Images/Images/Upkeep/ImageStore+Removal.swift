import Content
package import OCI

extension ImageStore {
    /// Removes an image, or one of its names if it has others (`rmi`).
    ///
    /// - Parameters:
    ///   - text: a name, a digest or the beginning of an identifier.
    ///   - force: though containers were made from it (they keep what they need), or it has several names and was called by
    ///     none of them.
    ///   - users: besides this store's containers, whoever uses the image of an identifier, each as a line to show.
    /// - Throws: `ImageError.inUse` with what keeps it.
    package func remove(
        _ text: String, force: Bool = false, users: (Digest) -> [String] = { _ in [] }
    ) throws(ImageError) -> Removal {
        var removal = Removal()
        var isRemoved = false
        try update { (index) throws(ImageError) in
            let target = try target(of: text)
            let id = identifier(of: target)
            // One identifier is one image, however many manifests name it; but who gives a manifest's digest means that.
            let isManifest = Digest(text) == target.digest && target.digest != id
            let entries = index.manifests.filter {
                $0.digest == target.digest || !isManifest && identifier(of: $0) == id
            }
            let called = (try? ImageReference(text)).flatMap { name in
                entries.first { $0.imageName == name.withDefaultTag && Digest(text) == nil }
            }
            var leaving = entries
            if let called, let name = called.imageName,
                entries.contains(where: { $0 != called && $0.imageName != nil })
            {
                removal.untagged = [name]
                if entries.contains(where: { $0 != called && $0.digest == called.digest }) {
                    index.manifests.removeAll { $0 == called }
                    return
                }
                // The other names are of other manifests: this one's goes.
                leaving = [called]
            } else if !force {
                let names = entries.compactMap { $0.imageName?.familiar }
                if called == nil, names.count > 1 {
                    throw .inUse(text, by: names.map { "name \($0)" } + ["remove each, or force it"])
                }
                var containers: [String] = []
                for entry in entries { containers += try self.containers(of: entry) }
                let used = Set(containers).sorted().map { "container \($0)" } + users(id)
                if !used.isEmpty { throw .inUse(text, by: used) }
            }
            // What speaks of the image alone goes with it.
            let speaking = speaking(of: leaving, among: index.manifests)
            let targets = Set(leaving.map(\.digest))
            index.manifests.removeAll { targets.contains($0.digest) }
            let others = index.manifests.filter { entry in !speaking.contains { $0.digest == entry.digest } }
            let kept = Set(self.speaking(of: others, among: index.manifests).map(\.digest))
            index.manifests.removeAll { entry in
                speaking.contains { $0.digest == entry.digest } && !kept.contains(entry.digest)
            }
            removal.untagged = leaving.compactMap(\.imageName)
            if !index.manifests.contains(where: { identifier(of: $0) == id }) { removal.images = [id] }
            isRemoved = true
        }
        if isRemoved { try collectGarbage(into: &removal) }
        return removal
    }

    /// The containers whose roots are made from an image.
    package func containers(of target: Descriptor) throws(ImageError) -> [String] {
        let identities = Set(try identities(of: target))
        var result: [String] = []
        for id in try snapshots() {
            if let snapshot = try snapshot(id), identities.contains(snapshot.image.digest) { result.append(id) }
        }
        return result
    }

    /// Removes images that nothing uses, then all that nothing leads to.
    ///
    /// - Parameters:
    ///   - all: those with names, too; else only those without (dangling).
    ///   - users: as for `remove`.
    package func prune(all: Bool = false, users: (Digest) -> [String] = { _ in [] }) throws(ImageError) -> Removal {
        var removal = Removal()
        try update { (index) throws(ImageError) in
            var kept: [Descriptor] = []
            var gone: Set<Digest> = []
            // One identifier is one image, and in use as a whole.
            var used: Set<Digest> = []
            for entry in index.manifests where try !containers(of: entry).isEmpty { used.insert(identifier(of: entry)) }
            for entry in index.manifests {
                let isCandidate = all || entry.imageName == nil
                let id = isCandidate ? identifier(of: entry) : entry.digest
                guard isCandidate, !used.contains(id), users(id).isEmpty else {
                    kept.append(entry)
                    continue
                }
                gone.insert(entry.digest)
                if let name = entry.imageName { removal.untagged.append(name) }
                if !removal.images.contains(id) { removal.images.append(id) }
            }
            // Signatures and the like have no names of their own: they stay as long as what they speak of.
            for entry in speaking(of: kept, among: index.manifests) {
                gone.remove(entry.digest)
                removal.images.removeAll { $0 == identifier(of: entry) }
            }
            index.manifests.removeAll { gone.contains($0.digest) }
            let left = Set(index.manifests.map { identifier(of: $0) })
            removal.images.removeAll { left.contains($0) }
        }
        try collectGarbage(into: &removal)
        return removal
    }
}
