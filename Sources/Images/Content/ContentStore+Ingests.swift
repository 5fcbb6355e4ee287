import Glibc
import Linux
package import OCI

extension ContentStore {
    func ingestPath(_ id: String) -> String { "\(root)/ingest/\(id)" }

    /// Begins a blob.
    ///
    /// - Parameters:
    ///   - id: a name under which it can be resumed after its process ended; nil: one of its own, and nothing stays of it
    ///     unless it is committed.
    ///   - algorithm: what hashes along; a commit under another one reads everything again.
    /// - Throws: `ContentError.busy` where one of that name is under way; what a dead one of that name left is cut off.
    package func beginIngest(id: String? = nil, algorithm: Digest.Algorithm = .sha256) throws(ContentError)
        -> IngestSession
    {
        let name = id ?? Self.passingName()
        let file = try openIngest(name, O_CREAT | O_TRUNC)
        return IngestSession(
            name, store: self, file: file, hasher: ContentHasher(algorithm), size: 0, isKept: id != nil)
    }

    /// Goes on with a blob that an ended session left, hashing what is there.
    ///
    /// - Throws: `ContentError.unknownIngest` where nothing is left, `busy` where the session has not ended.
    package func resumeIngest(id: String, algorithm: Digest.Algorithm = .sha256) throws(ContentError) -> IngestSession {
        let file = try openIngest(id, 0)
        var hasher = ContentHasher(algorithm)
        let size: Int64
        do throws(SystemError) {
            size = try hasher.update(descriptor: file.number, ingestPath(id))
        } catch {
            throw ContentError(error)
        }
        return IngestSession(id, store: self, file: file, hasher: hasher, size: size, isKept: true)
    }

    /// Goes on where something was left, else begins.
    package func continueIngest(id: String, algorithm: Digest.Algorithm = .sha256) throws(ContentError) -> IngestSession
    {
        do throws(ContentError) {
            return try resumeIngest(id: id, algorithm: algorithm)
        } catch .unknownIngest {
            return try beginIngest(id: id, algorithm: algorithm)
        }
    }

    /// The names of the ingests on disk, alive or left.
    package func ingests() throws(ContentError) -> [String] {
        try storing { () throws(SystemError) in try SystemFile.names(in: "\(root)/ingest") }
    }

    /// Removes what ended sessions left: passing ones always, named ones where nothing was written to them for a while. Those
    /// under way are not touched.
    ///
    /// - Parameters:
    ///   - seconds: how long a named one is kept for being resumed.
    ///   - emptySeconds: the same of one that holds nothing; nil: as long as the others.
    /// - Returns: the names of those removed.
    @discardableResult
    package func cleanIngests(olderThan seconds: Int, emptyOlderThan emptySeconds: Int? = nil) throws(ContentError)
        -> [String]
    {
        var removed: [String] = []
        for name in try ingests() {
            let path = ingestPath(name)
            guard let file = try? OwnedDescriptor(opening: path, O_RDWR | O_NOFOLLOW),
                (try? FileLock.tryLock(file.number, .exclusive, path)) == true
            else { continue }
            var status = stat()
            guard FileLock.isStill(file.number, path), fstat(file.number, &status) == 0,
                name.hasPrefix(Self.passingPrefix)
                    || Int(status.st_mtim.tv_sec)
                        <= time(nil) - (status.st_size == 0 ? min(emptySeconds ?? seconds, seconds) : seconds)
            else { continue }
            if unlink(path) == 0 { removed.append(name) }
        }
        return removed
    }

    /// Removes what an ended session of a name left, without reading it.
    ///
    /// - Throws: `ContentError.unknownIngest` where nothing is left, `busy` where the session has not ended.
    package func removeIngest(id: String) throws(ContentError) {
        let file = try openIngest(id, 0)
        defer { withExtendedLifetime(file.number) {} }
        let path = ingestPath(id)
        _ = try storing { () throws(SystemError) in try retryingOnInterrupt("unlink", path) { unlink(path) } }
    }

    /// The file, locked: it is this session's then.
    private func openIngest(_ id: String, _ flags: Int32) throws(ContentError) -> OwnedDescriptor {
        guard Self.isIngestName(id) else { throw .malformedIngest(id) }
        let path = ingestPath(id)
        while true {
            let file: OwnedDescriptor
            do throws(SystemError) {
                // Cut off only once it is locked: it may be another's.
                file = try OwnedDescriptor(
                    opening: path, O_RDWR | O_NOFOLLOW | (flags & ~O_TRUNC), mode: isPrivate ? 0o600 : 0o644)
            } catch {
                throw error.errno == ENOENT && flags & O_CREAT == 0
                    ? .unknownIngest(id, store: root) : ContentError(error)
            }
            let number = file.number
            guard try storing({ () throws(SystemError) in try FileLock.tryLock(number, .exclusive, path) }) else {
                throw .busy(ingest: id, store: root)
            }
            // A cleaner or a commit may have been quicker between the two calls.
            guard FileLock.isStill(number, path) else { continue }
            if flags & O_TRUNC != 0, ftruncate(number, 0) != 0 { throw ContentError(SystemError("ftruncate", path)) }
            return file
        }
    }

    static func isIngestName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: ".")
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "-_.".utf8.contains($0)
            }
    }

    static let passingPrefix = "passing-"

    static func passingName() -> String { passingPrefix + RandomName.make() }
}
