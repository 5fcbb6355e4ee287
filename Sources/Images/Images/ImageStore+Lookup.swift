import Content
import Linux
package import OCI

extension ImageStore {
    /// Finds an image as users call it: by name, by `name@digest`, by a digest of its manifest, index or configuration, or by
    /// the beginning of its identifier, which must have four digits at least: what is shorter could be any word.
    ///
    /// - Parameters:
    ///   - platform: which of several to take.
    ///   - byBeginning: whether the beginning of an identifier is enough.
    package func image(
        _ text: String, platform: Platform = .host, byBeginning: Bool = true
    ) throws(ImageError) -> StoredImage {
        let index = try index()
        let target = try target(of: text, in: index, platform: platform, byBeginning: byBeginning)
        return try image(target, in: index, platform: platform, called: text)
    }

    /// Finds an image by its name alone; nil where there is none.
    package func image(named name: ImageReference, platform: Platform = .host) throws(ImageError) -> StoredImage? {
        let index = try index()
        guard let target = Self.entry(name, in: index) else { return nil }
        return try image(target, in: index, platform: platform, called: name.familiar)
    }

    /// What the store's index names by what users call it.
    package func target(of text: String, platform: Platform = .host) throws(ImageError) -> Descriptor {
        try target(of: text, in: try index(), platform: platform)
    }

    private func target(
        of text: String, in index: ImageIndex, platform: Platform, byBeginning: Bool = true
    ) throws(ImageError) -> Descriptor {
        if let digest = Digest(text) {
            if let entry = try entries(of: digest, in: index).first { return entry }
            throw .unknown(text)
        }
        let name: ImageReference?
        var fault: ConfigurationError?
        do throws(ConfigurationError) {
            name = try ImageReference(text)
        } catch {
            name = nil
            fault = error
        }
        if let name, let entry = Self.entry(name, in: index) { return entry }
        // Names first, as Docker: an image may be called `beef`.
        if byBeginning, let beginning = Self.beginning(of: text) {
            var found: [Digest: Descriptor] = [:]
            for entry in index.manifests where identifiers(of: entry).contains(where: { beginning.matches($0) }) {
                found[identifier(of: entry)] = entry
            }
            if found.count > 1 {
                throw .ambiguous(text, candidates: found.keys.sorted { $0.description < $1.description })
            }
            if let entry = found.values.first { return entry }
        }
        if let fault { throw .document(fault) }
        throw .unknown(text)
    }

    /// The beginning of an identifier that users give for the whole.
    private struct Beginning {
        /// With its colon; empty where it is not said.
        var algorithm: String
        var digits: Substring

        func matches(_ digest: Digest) -> Bool {
            digest.hexadecimal.utf8.starts(with: digits.utf8) && digest.description.utf8.starts(with: algorithm.utf8)
        }
    }

    /// Nil for what is none: too short, too long, or not hexadecimal.
    private static func beginning(of text: String) -> Beginning? {
        let algorithm = "sha256:"
        let isNamed = text.utf8.starts(with: algorithm.utf8)
        let digits = isNamed ? Substring(text.utf8.dropFirst(algorithm.utf8.count)) : text[...]
        guard (4...128).contains(digits.utf8.count), digits.utf8.allSatisfy({ isHexadecimal($0) }) else { return nil }
        return Beginning(algorithm: isNamed ? algorithm : "", digits: digits)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// The entry of a name: that very one; or, for a name with a digest, any tag of its repository that stands for it.
    static func entry(_ name: ImageReference, in index: ImageIndex) -> Descriptor? {
        let name = name.withDefaultTag
        if let exact = index.manifests.first(where: { $0.imageName == name }) { return exact }
        guard let digest = name.digest else { return nil }
        return index.manifests.first { $0.digest == digest && $0.imageName?.name == name.name }
    }

    /// The entries that stand for a digest of theirs: of the manifest or index, of a platform's manifest, of a configuration.
    func entries(of digest: Digest, in index: ImageIndex) throws(ImageError) -> [Descriptor] {
        let direct = index.manifests.filter { $0.digest == digest }
        if !direct.isEmpty { return direct }
        var result: [Descriptor] = []
        for entry in index.manifests where try identities(of: entry).contains(digest) { result.append(entry) }
        return result
    }

    /// The identifier that lists show: of the host's platform where there are several; of what is missing or damaged its own digest.
    package func identifier(of entry: Descriptor) -> Digest { identifiers(of: entry).first ?? entry.digest }

    /// The identifiers of an entry's images, the host's platform first.
    private func identifiers(of entry: Descriptor) -> [Digest] {
        let found = manifests(of: entry).map(\.1.config.digest)
        return found.isEmpty ? [entry.digest] : found
    }

    /// The digests an entry may be called by, the identifier of the host's platform first. What is missing or damaged has none
    /// but its own.
    func identities(of entry: Descriptor) throws(ImageError) -> [Digest] {
        var result: [Digest] = []
        for (descriptor, manifest) in manifests(of: entry) { result += [manifest.config.digest, descriptor.digest] }
        return result + [entry.digest]
    }

    /// The manifests below an entry that are here and can be read, the host's platform first.
    func manifests(of entry: Descriptor, depth: Int = 0) -> [(Descriptor, ImageManifest)] {
        if entry.mediaType.isManifest { return (try? manifest(entry)).map { [(entry, $0)] } ?? [] }
        guard entry.mediaType.isIndex, depth < ImageGraph.greatestDepth, let index = try? index(entry) else {
            return []
        }
        var children = index.manifests
        if let own = index.manifest(for: .host), let place = children.firstIndex(of: own) {
            children.insert(children.remove(at: place), at: 0)
        }
        return children.filter { content.contains($0.digest) }.flatMap { manifests(of: $0, depth: depth + 1) }
    }

    /// The names of an image, by whichever of its manifests, sorted.
    package func names(of id: Digest) throws(ImageError) -> [ImageReference] {
        try index().manifests.filter { identifier(of: $0) == id }.compactMap(\.imageName)
            .sorted { $0.description < $1.description }
    }

    // MARK: Platforms

    /// The image that an entry stands for on a platform.
    func image(
        _ target: Descriptor, in index: ImageIndex, platform: Platform, called name: String
    ) throws(ImageError) -> StoredImage {
        let (descriptor, manifest) = try manifest(of: target, platform: platform, called: name, depth: 0)
        guard manifest.config.mediaType.isConfiguration else {
            throw .malformed(name, problem: "is an artifact (\(manifest.config.mediaType)), not an image")
        }
        let names = index.manifests.filter { $0.digest == target.digest }.compactMap(\.imageName)
        return StoredImage(
            target: target.named(nil), names: names.sorted { $0.description < $1.description }, descriptor: descriptor,
            manifest: manifest, configuration: try configuration(manifest.config))
    }

    private func manifest(
        of target: Descriptor, platform: Platform, called name: String, depth: Int
    ) throws(ImageError) -> (Descriptor, ImageManifest) {
        if target.mediaType.isManifest { return (target.named(nil), try manifest(target)) }
        guard target.mediaType.isIndex, depth < ImageGraph.greatestDepth else {
            throw .malformed(name, problem: "'\(target.mediaType)' is neither a manifest nor an index")
        }
        let index = try index(target)
        guard let chosen = index.manifest(for: platform), content.contains(chosen.digest) else {
            let here = index.manifests.filter { content.contains($0.digest) }.compactMap(\.platform)
            throw .otherPlatform(name, wanted: platform, available: here)
        }
        return try manifest(of: chosen, platform: platform, called: name, depth: depth + 1)
    }

    // MARK: Lists

    /// A line a name, and one for each image without a name; the latest first. Artifacts are not listed, nor is what has no name
    /// where its image has one by another manifest: one identifier is one image.
    package func images() throws(ImageError) -> [ImageSummary] {
        var known: [Digest: ImageSummary?] = [:]
        var result: [ImageSummary] = []
        for entry in try index().manifests {
            let summary = known[entry.digest] ?? summary(of: entry)
            known[entry.digest] = .some(summary)
            guard var summary else { continue }
            summary.name = entry.imageName
            result.append(summary)
        }
        var seen = Set(result.filter { $0.name != nil }.map(\.id))
        result.removeAll { $0.name == nil && !seen.insert($0.id).inserted }
        return result.sorted {
            ($0.created ?? "", $1.name?.description ?? "") > ($1.created ?? "", $0.name?.description ?? "")
        }
    }

    /// Nil for what is no image.
    private func summary(of entry: Descriptor) -> ImageSummary? {
        var summary = ImageSummary(id: entry.digest, target: entry.digest, size: 0, platforms: [])
        let manifests = manifests(of: entry)
        let images = manifests.filter { $0.1.config.mediaType.isConfiguration && !$0.0.isOfNoPlatform }
        if let (_, manifest) = images.first {
            summary.id = manifest.config.digest
            do throws(ImageError) {
                let configuration = try configuration(manifest.config)
                summary.created = configuration.created
                summary.platforms = [configuration.platform] + images.dropFirst().compactMap(\.0.platform)
            } catch {
                summary.problem = error.description
            }
            for (_, manifest) in images {
                summary.storedSize +|= manifest.storedSize
                summary.size +|= unpackedSize(of: manifest)
            }
        } else if manifests.isEmpty {
            do throws(ImageError) {
                _ = try manifest(of: entry, platform: .host, called: entry.digest.short, depth: 0)
            } catch {
                summary.problem = error.description
            }
        } else {
            return nil
        }
        return summary
    }
}
