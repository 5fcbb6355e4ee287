import Content
public import OCI

extension ImageStore {
    /// Removes an image, or one of its names if it has others (`rmi`).
    ///
    /// - Parameters:
    ///   - text: a name, a digest or the beginning of an identifier.
    ///   - force: though containers were made from it (they keep what they need), or it has several names and was called by
    ///     none of them.
    ///   - users: besides this store's containers, whoever uses the image of an identifier, each as a line to show.
    /// - Throws: `ImageError.inUse` with what keeps it.
    public func remove(
        _ text: String, force: Bool = false, users: (Digest) -> [String] = { _ in [] }
    ) throws(ImageError) -> Removal {
        var removal = Removal()
        try update { (index) throws(ImageError) in
            let target = try target(of: text)
            let entries = index.manifests.filter { $0.digest == target.digest }
            let id = try identities(of: target).first ?? target.digest
            let called = (try? ImageReference(text)).flatMap { name in
                entries.first { $0.imageName == name.withDefaultTag && Digest(text) == nil }
            }
            if let called, let name = called.imageName, entries.count > 1 {
                index.manifests.removeAll { $0 == called }
                removal.untagged = [name]
                return
            }
            if !force {
                let names = entries.compactMap { $0.imageName?.familiar }
                if called == nil, names.count > 1 {
                    throw .inUse(text, by: names.map { "name \($0)" } + ["remove each, or force it"])
                }
                let used = try containers(of: target).map { "container \($0)" } + users(id)
                if !used.isEmpty { throw .inUse(text, by: used) }
            }
            index.manifests.removeAll { $0.digest == target.digest }
            removal.untagged = entries.compactMap(\.imageName)
            removal.images = [id]
        }
        if !removal.images.isEmpty { try collectGarbage(into: &removal) }
        return removal
    }

    /// The containers whose roots are made from an image.
    public func containers(of target: Descriptor) throws(ImageError) -> [String] {
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
    public func prune(all: Bool = false, users: (Digest) -> [String] = { _ in [] }) throws(ImageError) -> Removal {
        var removal = Removal()
        try update { (index) throws(ImageError) in
            var kept: [Descriptor] = []
            var gone: Set<Digest> = []
            for entry in index.manifests {
                let isCandidate = all || entry.imageName == nil
                let id = isCandidate ? try identities(of: entry).first ?? entry.digest : entry.digest
                guard isCandidate, try containers(of: entry).isEmpty, users(id).isEmpty else {
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
                removal.images.removeAll { $0 == ((try? identities(of: entry).first) ?? entry.digest) }
            }
            index.manifests.removeAll { gone.contains($0.digest) }
        }
        try collectGarbage(into: &removal)
        return removal
    }
}
