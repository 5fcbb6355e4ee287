package import OCI

extension ImageStore {
    /// What of the store says something about other content, by what it is said of: signatures, bills of materials, attestations.
    ///
    /// They have no names of their own. `images` does not list them, and `prune` leaves them as long as their subjects stay.
    package func referrers() throws(ImageError) -> [Digest: [Descriptor]] {
        var result: [Digest: [Descriptor]] = [:]
        for entry in try index().manifests {
            guard let subject = subject(of: entry),
                result[subject]?.contains(where: { $0.digest == entry.digest }) != true
            else { continue }
            result[subject, default: []].append(entry.named(nil))
        }
        return result
    }

    /// What an entry speaks of; nil for what speaks of nothing, is not here or cannot be read.
    func subject(of entry: Descriptor) -> Digest? {
        let manifest = entry.mediaType.isManifest ? try? self.manifest(entry).subject : nil
        let index = entry.mediaType.isIndex ? try? self.index(entry).subject : nil
        return (manifest ?? index ?? nil)?.digest
    }

    /// Of some entries those without a name that speak of what others are or lead to, and those that speak of them in turn.
    func speaking(of kept: [Descriptor], among entries: [Descriptor]) -> [Descriptor] {
        var subjects: Set<Digest> = []
        for entry in kept {
            subjects.insert(entry.digest)
            subjects.formUnion(manifests(of: entry).map(\.0.digest))
        }
        var others = entries.filter { $0.imageName == nil && !subjects.contains($0.digest) }
            .compactMap { entry in subject(of: entry).map { (entry: entry, subject: $0) } }
        var found: [Descriptor] = []
        while let place = others.firstIndex(where: { subjects.contains($0.subject) }) {
            let next = others.remove(at: place)
            subjects.insert(next.entry.digest)
            found.append(next.entry)
        }
        return found
    }
}
