import Content
import Glibc
import Linux
import OCI

/// One repository on disk: which blobs and manifests are visible in it, its tags, and who refers to what.
struct Repository: Sendable {
    let name: String
    let store: RegistryStore

    var path: String { "\(store.root)/repositories/\(name)" }

    private func file(_ kind: String, _ digest: Digest) -> String {
        "\(path)/\(kind)/\(digest.algorithm.rawValue)/\(digest.hexadecimal)"
    }

    /// Whether anything was ever pushed to it.
    var exists: Bool { SystemFile.exists("\(path)/_manifests") || SystemFile.exists("\(path)/_blobs") }

    /// Shared for whoever adds manifests and tags, exclusive for whoever removes them: no tag is left without its manifest.
    func lock(_ kind: FileLock.Kind) throws(SystemError) -> FileLock {
        do throws(SystemError) {
            return try FileLock(kind, "\(path)/_lock")
        } catch {
            guard error.errno == ENOENT else { throw error }
            try SystemFile.makeDirectories(path, mode: 0o700)
            return try FileLock(kind, "\(path)/_lock")
        }
    }

    // MARK: Blobs

    func hasBlob(_ digest: Digest) -> Bool { SystemFile.exists(file("_blobs", digest)) }

    /// A blob's length in bytes; nil where it is not visible here.
    func size(ofBlob digest: Digest) -> Int64? { hasBlob(digest) ? store.content.size(of: digest) : nil }

    func linkBlob(_ digest: Digest) throws(SystemError) { try store.files.touch(file("_blobs", digest)) }

    /// Says that a client counts on a blob: its link is younger than any grace then. Told at most once in ten minutes.
    func refreshBlob(_ digest: Digest) throws(ContentError) {
        guard let age = age(ofBlob: digest), age > 600 else { return }
        // Not while a collection removes it.
        let lock = try store.content.lock(.shared)
        defer { withExtendedLifetime(lock) {} }
        utimensat(AT_FDCWD, file("_blobs", digest), nil, AT_SYMLINK_NOFOLLOW)
        utimensat(AT_FDCWD, store.content.path(of: digest), nil, AT_SYMLINK_NOFOLLOW)
    }

    func unlinkBlob(_ digest: Digest) throws(SystemError) -> Bool { try store.files.remove(file("_blobs", digest)) }

    func blobs() throws(SystemError) -> [Digest] { try digests("_blobs") }

    // MARK: Manifests

    /// A manifest's media type; nil where it is not visible here.
    func mediaType(ofManifest digest: Digest) throws(SystemError) -> MediaType? {
        try text(file("_manifests", digest)).map { MediaType($0) }
    }

    func hasManifest(_ digest: Digest) -> Bool { SystemFile.exists(file("_manifests", digest)) }

    func linkManifest(_ digest: Digest, _ type: MediaType) throws(SystemError) {
        try store.files.replace(file("_manifests", digest), with: Array(type.rawValue.utf8))
    }

    func unlinkManifest(_ digest: Digest) throws(SystemError) -> Bool {
        try store.files.remove(file("_manifests", digest))
    }

    func manifests() throws(SystemError) -> [Digest] { try digests("_manifests") }

    var hasManifests: Bool {
        get throws(SystemError) {
            for algorithm in Digest.Algorithm.allCases {
                if try RegistryStore.holdsAnything("\(path)/_manifests/\(algorithm.rawValue)") { return true }
            }
            return false
        }
    }

    // MARK: Tags

    func digest(ofTag tag: String) throws(SystemError) -> Digest? {
        try text("\(path)/_tags/\(tag)").flatMap { Digest($0) }
    }

    func setTag(_ tag: String, _ digest: Digest) throws(SystemError) {
        try store.files.replace("\(path)/_tags/\(tag)", with: Array(digest.description.utf8))
    }

    func removeTag(_ tag: String) throws(SystemError) -> Bool { try store.files.remove("\(path)/_tags/\(tag)") }

    /// In no order of the protocol's.
    func tags() throws(SystemError) -> [String] {
        var tags: [String] = []
        try visitTags { tags.append($0) }
        return tags
    }

    func visitTags(_ body: (String) -> Void) throws(SystemError) {
        do throws(SystemError) {
            try SystemFile.visitNames(in: "\(path)/_tags") { if ImageReference.isTag($0) { body($0) } }
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
    }

    // MARK: Referrers

    private func referrer(_ digest: Digest, of subject: Digest) -> String {
        "\(file("_referrers", subject))/\(Self.referrerName(digest))"
    }

    private static func referrerName(_ digest: Digest) -> String {
        "\(digest.algorithm.rawValue)-\(digest.hexadecimal)"
    }

    private static func digest(ofReferrer name: String) -> Digest? {
        guard let dash = name.firstIndex(of: "-") else { return nil }
        return Digest("\(name[..<dash]):\(name[name.index(after: dash)...])")
    }

    func addReferrer(_ descriptor: Descriptor, of subject: Digest) throws(SystemError) {
        try store.files.replace(
            referrer(descriptor.digest, of: subject), with: JSONDocument.write(descriptor, indented: false))
    }

    func removeReferrer(_ digest: Digest, of subject: Digest) throws(SystemError) -> Bool {
        try store.files.remove(referrer(digest, of: subject))
    }

    /// So many of those who refer to a subject, behind one of them, in the order of their digests. However many there are, no more
    /// than twice as many names are in memory.
    func referrers(of subject: Digest, after last: Digest?, limit: Int) throws(SystemError) -> [Digest] {
        var found = FirstNames(limit: limit, after: last.map(Self.referrerName))
        do throws(SystemError) {
            try SystemFile.visitNames(in: file("_referrers", subject)) { name in
                if Self.digest(ofReferrer: name) != nil { found.add(name) }
            }
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
        return found.sorted.compactMap(Self.digest(ofReferrer:))
    }

    /// How one of them is listed, and in how many bytes; nil where its manifest is not here any more.
    func referrer(_ digest: Digest, listedFor subject: Digest) throws(SystemError) -> (Descriptor, size: Int)? {
        guard hasManifest(digest), let bytes = try bytes(referrer(digest, of: subject)) else { return nil }
        guard let entry = try? JSONDocument.read(Descriptor.self, from: bytes, document: "referrer") else { return nil }
        return (entry, bytes.count)
    }

    // MARK: Files

    private func digests(_ kind: String) throws(SystemError) -> [Digest] {
        var result: [Digest] = []
        for algorithm in Digest.Algorithm.allCases {
            let names = try RegistryStore.names(in: "\(path)/\(kind)/\(algorithm.rawValue)")
            result += names.compactMap { Digest("\(algorithm.rawValue):\($0)") }
        }
        return result
    }

    private func text(_ path: String) throws(SystemError) -> String? {
        try bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Nil where the file is absent.
    private func bytes(_ path: String) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try SystemFile.bytes(of: path)
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else { throw error }
            return nil
        }
    }

    /// Seconds since a blob was linked or counted on.
    func age(ofBlob digest: Digest) -> Int? { age(file("_blobs", digest)) }

    /// Seconds since a manifest was pushed.
    func age(ofManifest digest: Digest) -> Int? { age(file("_manifests", digest)) }

    private func age(_ path: String) -> Int? {
        var status = stat()
        return lstat(path, &status) == 0 ? time(nil) - Int(status.st_mtim.tv_sec) : nil
    }
}
