import Glibc
package import Linux
package import OCI

/// Blobs on disk by their digests, as an OCI image layout keeps them: `blobs/<algorithm>/<hexadecimal>`.
///
/// A blob appears whole or not at all: it is written aside (`ingest/`), hashed on the way, brought to the disk and then renamed.
/// Whatever a process that was killed leaves is an ingest without a lock, which the next one finds (`cleanIngests`). Several
/// processes may use one store at the same time. A value is just the name of the store: copy it freely.
package struct ContentStore: Sendable {
    /// The directory that holds `blobs`, `ingest` and `locks`.
    package let root: String
    /// Whether nobody but its owner may read what is in it.
    package let isPrivate: Bool

    /// Opens the store in a directory, made where it is absent.
    ///
    /// - Parameter isPrivate: nobody but its owner may read what is in it: neither what comes from now on, nor, since its
    ///   directories are closed, what was there before.
    package init(root: String, isPrivate: Bool = false) throws(ContentError) {
        self.root = root
        self.isPrivate = isPrivate
        let root = root
        try storing { () throws(SystemError) in
            let mode: mode_t = isPrivate ? 0o700 : 0o755
            var directories = ["ingest", "locks", "leases"].map { "\(root)/\($0)" }
            directories += Digest.Algorithm.allCases.map { "\(root)/\(ImageLayout.blobs)/\($0.rawValue)" }
            for directory in directories {
                try SystemFile.makeDirectories(directory, mode: mode)
                guard isPrivate else { continue }
                try retryingOnInterrupt("chmod", directory) { chmod(directory, mode) }
            }
        }
    }

    /// Where a blob is, or would be.
    package func path(of digest: Digest) -> String { "\(directory(of: digest.algorithm))/\(digest.hexadecimal)" }

    func directory(of algorithm: Digest.Algorithm) -> String { "\(root)/\(ImageLayout.blobs)/\(algorithm.rawValue)" }

    // MARK: Reading

    package func contains(_ digest: Digest) -> Bool { size(of: digest) != nil }

    /// How many bytes a blob has; nil where it is absent.
    package func size(of digest: Digest) -> Int64? {
        var status = stat()
        guard lstat(path(of: digest), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// Opens a blob for reading. What is read stays readable though the blob be deleted meanwhile.
    package func open(_ digest: Digest) throws(ContentError) -> OwnedDescriptor {
        do throws(SystemError) {
            return try OwnedDescriptor(opening: path(of: digest), O_RDONLY | O_NOFOLLOW)
        } catch {
            throw error.errno == ENOENT ? .missing(digest, store: root) : ContentError(error)
        }
    }

    /// A blob's content, which is what its digest says.
    ///
    /// - Parameter limit: greater blobs are refused, in bytes.
    package func bytes(of digest: Digest, limit: Int64) throws(ContentError) -> [UInt8] {
        try bytes(of: digest, size: nil, limit: limit)
    }

    /// The content that a descriptor names, with the size and the digest it says.
    package func bytes(of descriptor: Descriptor, limit: Int64) throws(ContentError) -> [UInt8] {
        try bytes(of: descriptor.digest, size: descriptor.size, limit: limit)
    }

    private func bytes(of digest: Digest, size: Int64?, limit: Int64) throws(ContentError) -> [UInt8] {
        let file = try open(digest)
        let path = path(of: digest)
        let found = try storing { () throws(SystemError) in try Self.length(file.number, path) }
        if let size, size != found { throw .sizeMismatch(expected: size, found: found, of: "blob \(digest)") }
        guard found <= limit else { throw .tooLarge("blob \(digest)", size: found, limit: limit) }
        let content = try storing { () throws(SystemError) in try Self.read(file.number, Int(found), path) }
        let actual = Digest(digest.algorithm, of: content)
        guard actual == digest else { throw .digestMismatch(expected: digest, found: actual) }
        return content
    }

    static func length(_ descriptor: Int32, _ path: String) throws(SystemError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("fstat", path) }
        return Int64(status.st_size)
    }

    private static func read(_ descriptor: Int32, _ size: Int, _ path: String) throws(SystemError) -> [UInt8] {
        var content = [UInt8](repeating: 0, count: size)
        var total = 0
        while total < size {
            let count = try retryingOnInterrupt("read", path) {
                content.withUnsafeMutableBytes {
                    Glibc.read(descriptor, $0.baseAddress?.advanced(by: total), size - total)
                }
            }
            if count == 0 { break }
            total += count
        }
        content.removeLast(size - total)
        return content
    }

    /// Reads a whole blob and makes sure that it is what its name says.
    ///
    /// - Returns: how many bytes it has.
    @discardableResult
    package func verify(_ digest: Digest) throws(ContentError) -> Int64 {
        let file = try open(digest)
        var hasher = ContentHasher(digest.algorithm)
        let size: Int64
        do throws(SystemError) {
            size = try hasher.update(descriptor: file.number, path(of: digest))
        } catch {
            throw ContentError(error)
        }
        let found = hasher.finish()
        guard found == digest else { throw .digestMismatch(expected: digest, found: found) }
        return size
    }

    /// Every blob, in no promised order but the same each time.
    package func digests() throws(ContentError) -> [Digest] {
        var result: [Digest] = []
        for algorithm in Digest.Algorithm.allCases {
            let names = try storing { () throws(SystemError) in try SystemFile.names(in: directory(of: algorithm)) }
            result += names.compactMap { Digest("\(algorithm.rawValue):\($0)") }
        }
        return result
    }

    // MARK: Writing

    /// Stores bytes in memory.
    @discardableResult
    package func put(_ bytes: [UInt8], algorithm: Digest.Algorithm = .sha256) throws(ContentError) -> Digest {
        let session = try beginIngest(algorithm: algorithm)
        do throws(ContentError) {
            try session.write(bytes)
            return try session.commit()
        } catch {
            session.abandon()
            throw error
        }
    }

    /// Removes a blob; one that is not there is none to remove.
    package func delete(_ digest: Digest) throws(ContentError) {
        if unlink(path(of: digest)) != 0, errno != ENOENT {
            throw ContentError(SystemError("unlink", path(of: digest)))
        }
    }

    // MARK: Locks

    /// Waits until nobody else works on a blob: whoever is about to download it takes this first, and looks again whether it is
    /// there now.
    package func lock(on digest: Digest) throws(ContentError) -> FileLock {
        try storing { () throws(SystemError) in try FileLock(.exclusive, lockPath(digest), removing: true) }
    }

    /// The same without waiting; nil where another works on it.
    package func tryLock(on digest: Digest) throws(ContentError) -> FileLock? {
        try storing { () throws(SystemError) in try FileLock(trying: .exclusive, lockPath(digest), removing: true) }
    }

    /// Runs a body while no other process or task works on the blob.
    package func withLock<Result, Failure: Error>(
        on digest: Digest, orElse failed: (ContentError) -> Failure, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let lock: FileLock
        do throws(ContentError) { lock = try self.lock(on: digest) } catch { throw failed(error) }
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    private func lockPath(_ digest: Digest) -> String {
        "\(root)/locks/\(digest.algorithm.rawValue)-\(digest.hexadecimal)"
    }

    /// The lock of the store as a whole: shared for whoever makes something that refers to blobs, exclusive for whoever collects
    /// what nothing refers to.
    package func lock(_ kind: FileLock.Kind) throws(ContentError) -> FileLock {
        try storing { () throws(SystemError) in try FileLock(kind, "\(root)/locks/store") }
    }
}
