import Glibc
package import Linux
package import OCI

/// Says that somebody is bringing blobs that nothing refers to yet: no collection removes what appeared, or was retained, since.
///
/// It is a locked file: the lease of a process that was killed is found by its lock being free.
package final class ContentLease: Sendable {
    private let path: String
    private let file: OwnedDescriptor

    fileprivate init(_ path: String, _ file: consuming OwnedDescriptor) {
        self.path = path
        self.file = file
    }

    /// Names what else is in use, one line each: what the names mean is up to whoever collects (`heldNames`).
    ///
    /// For those that have the store's lock, shared: no collection is under way then, which reads them.
    package func hold(_ names: [String]) throws(SystemError) {
        var status = stat()
        // Of an open descriptor: cannot fail.
        fstat(file.number, &status)
        try SystemFile.write(Array(names.map { "\($0)\n" }.joined().utf8), to: file.number, path)
        // Its time says since when it has been held.
        let times = [status.st_atim, status.st_mtim]
        if futimens(file.number, times) != 0 { throw SystemError("futimens", path) }
    }

    deinit { unlink(path) }
}

extension ContentStore {
    /// Takes a lease: to be held while a pull, an import or a build brings blobs, until something refers to them.
    package func lease() throws(ContentError) -> ContentLease {
        // Not while a collection looks who is there.
        let lock = try lock(.shared)
        defer { withExtendedLifetime(lock) {} }
        let path = "\(root)/leases/\(RandomName.make())"
        return try storing { () throws(SystemError) in
            let file = try OwnedDescriptor(
                opening: path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            guard try FileLock.tryLock(file.number, .shared, path) else {
                throw SystemError("flock", path, errno: EWOULDBLOCK)
            }
            return ContentLease(path, file)
        }
    }

    /// Whether a blob is there, and from now on as if it had just come: whoever holds a lease asks this before leaving a blob out
    /// because it is there already.
    ///
    /// - Parameter size: one of another length does not count: a power cut may have left it.
    package func retain(_ digest: Digest, size: Int64? = nil) throws(ContentError) -> Bool {
        let lock = try lock(.shared)
        defer { withExtendedLifetime(lock) {} }
        guard let found = self.size(of: digest), size == nil || size == found else { return false }
        if utimensat(AT_FDCWD, path(of: digest), nil, AT_SYMLINK_NOFOLLOW) != 0 {
            if errno == ENOENT { return false }
            throw ContentError(SystemError("utimensat", path(of: digest)))
        }
        return true
    }

    /// What a collection removed.
    package struct Collection: Equatable, Sendable {
        package var digests: [Digest] = []
        /// Bytes of the blobs removed.
        package var size: Int64 = 0
    }

    /// Removes the blobs that nothing refers to, but for those younger than the oldest living lease or than a time of grace.
    ///
    /// - Parameters:
    ///   - seconds: blobs that came or were retained within it stay, for those who hold no lease.
    ///   - marking: says which to keep; run while nobody can take a lease or retain anything.
    package func collect<Failure: Error>(
        sparing seconds: Int = 0, orElse failed: (ContentError) -> Failure, marking: () throws(Failure) -> Set<Digest>
    ) throws(Failure) -> Collection {
        let lock: FileLock
        do throws(ContentError) { lock = try self.lock(.exclusive) } catch { throw failed(error) }
        defer { withExtendedLifetime(lock) {} }
        let kept = try marking()
        do throws(ContentError) { return try sweep(keeping: kept, sparing: seconds) } catch { throw failed(error) }
    }

    /// What the living leases name besides blobs. To be called while marking: nobody names anything meanwhile.
    package func heldNames() throws(ContentError) -> Set<String> {
        var names: Set<String> = []
        try visitLeases { (_, path) throws(SystemError) in
            names.formUnion(try SystemFile.read(path).split(separator: "\n").map(String.init))
        }
        return names
    }

    private func sweep(keeping kept: Set<Digest>, sparing seconds: Int) throws(ContentError) -> Collection {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var limit = Instant(seconds: Int(now.tv_sec) - seconds, nanoseconds: Int(now.tv_nsec))
        // When the first of the living took its lease.
        try visitLeases { (file, _) throws(SystemError) in
            var status = stat()
            if fstat(file, &status) == 0 { limit = min(limit, Instant(status)) }
        }
        var result = Collection()
        for digest in try digests() where !kept.contains(digest) {
            let path = path(of: digest)
            var status = stat()
            guard lstat(path, &status) == 0, Instant(status) < limit else { continue }
            try delete(digest)
            result.digests.append(digest)
            result.size +|= Int64(status.st_size)
        }
        return result
    }

    /// Visits the leases of the living; those of the dead are removed.
    private func visitLeases(_ body: (Int32, String) throws(SystemError) -> Void) throws(ContentError) {
        for name in try storing({ () throws(SystemError) in try SystemFile.names(in: "\(root)/leases") }) {
            let path = "\(root)/leases/\(name)"
            guard let file = try? OwnedDescriptor(opening: path, O_RDWR | O_NOFOLLOW) else { continue }
            try storing { () throws(SystemError) in
                if try FileLock.tryLock(file.number, .exclusive, path) {
                    unlink(path)
                } else {
                    try body(file.number, path)
                }
            }
        }
    }

    /// A file's time of modification, which the file system gives in steps of its own: leases and blobs are compared by it.
    private struct Instant: Comparable {
        var seconds: Int
        var nanoseconds: Int

        init(seconds: Int, nanoseconds: Int) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }

        init(_ status: stat) {
            self.init(seconds: Int(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec))
        }

        static func < (one: Instant, other: Instant) -> Bool {
            (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
        }
    }
}
