import Glibc
import Linux
package import OCI
import Synchronization

/// One blob on its way into the store: bytes are appended and hashed, then the whole is committed under its digest.
///
/// The file is locked as long as the session lives, so that others can tell it from what a killed process left.
package final class IngestSession: Sendable {
    /// Letters, digits, `-`, `_` and `.`.
    package let id: String
    /// The file that holds what was written so far.
    package let path: String

    private let store: ContentStore
    /// Whether what was written stays for `resumeIngest` where the session ends without a commit.
    private let isKept: Bool
    private let state: Mutex<State>

    private struct State: ~Copyable {
        /// Nil once the session has ended.
        var file: OwnedDescriptor?
        var hasher: ContentHasher
        var size: Int64
    }

    init(
        _ id: String, store: ContentStore, file: consuming OwnedDescriptor, hasher: ContentHasher, size: Int64,
        isKept: Bool
    ) {
        self.id = id
        path = store.ingestPath(id)
        self.store = store
        self.isKept = isKept
        state = Mutex(State(file: consume file, hasher: hasher, size: size))
    }

    deinit {
        if !isKept { abandon() }
    }

    /// How many bytes were written so far.
    package var size: Int64 { state.withLock { $0.size } }

    /// Appends bytes.
    ///
    /// - Throws: `ContentError.full` where the disk is; what was taken before stays, and `size` tells how much that is.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ContentError) {
        try state.withLock { (state) throws(ContentError) in
            guard state.file != nil else { throw .ended(ingest: id) }
            var rest = bytes
            while !rest.isEmpty {
                let count: Int
                do throws(SystemError) {
                    let number = state.file?.number ?? -1
                    count = try retryingOnInterrupt("write", path) { Glibc.write(number, rest.baseAddress, rest.count) }
                } catch {
                    throw ContentError(error)
                }
                let taken = UnsafeRawBufferPointer(rebasing: rest[..<count])
                state.hasher.update(taken)
                state.size +|= Int64(count)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    package func write(_ bytes: [UInt8]) throws(ContentError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(ContentError) in try write(buffer) }
        }
        try result.get()
    }

    /// Makes what was written a blob: verified, on disk, and there at once. Where the blob exists already, this one takes its place.
    ///
    /// A mismatch ends the session and removes what was written: no more bytes could make it right. Any other failure leaves it
    /// open.
    ///
    /// - Parameters:
    ///   - expected: the digest it must have, by any algorithm; nil: whatever it is, by the session's.
    ///   - size: how many bytes it must have.
    /// - Returns: the blob's name.
    @discardableResult
    package func commit(expected: Digest? = nil, size: Int64? = nil) throws(ContentError) -> Digest {
        try state.withLock { (state) throws(ContentError) in
            guard state.file != nil else { throw .ended(ingest: id) }
            if let size, size != state.size {
                let found = state.size
                end(&state)
                throw .sizeMismatch(expected: size, found: found, of: expected.map { "blob \($0)" } ?? "the content")
            }
            let found =
                if let expected, expected.algorithm != state.hasher.algorithm {
                    try hash(expected.algorithm)
                } else {
                    state.hasher.finish()
                }
            if let expected, expected != found {
                end(&state)
                throw .digestMismatch(expected: expected, found: found)
            }
            try place(&state, found)
            return found
        }
    }

    /// The open file, for code that writes and hashes by itself: borrowed; nothing else may be written to the session then.
    package var descriptor: Int32 { state.withLock { $0.file?.number ?? -1 } }

    /// Makes a blob of what such code wrote, by the digest it found.
    package func commit(written digest: Digest) throws(ContentError) {
        try state.withLock { (state) throws(ContentError) in
            guard state.file != nil else { throw .ended(ingest: id) }
            try place(&state, digest)
        }
    }

    private func place(_ state: inout State, _ digest: Digest) throws(ContentError) {
        let number = state.file?.number ?? -1
        try storing { () throws(SystemError) in
            // Its age counts from here: collections spare what is younger than the leases of those who brought it.
            if futimens(number, nil) != 0 { throw SystemError("futimens", path) }
            try retryingOnInterrupt("fsync", path) { fsync(number) }
            let target = store.path(of: digest)
            if rename(path, target) != 0 { throw SystemError("rename", "\(path) to \(target)") }
            try SystemFile.synchronize(store.directory(of: digest.algorithm))
        }
        state.file = nil
    }

    /// Gives up, and removes what was written. After a commit it does nothing.
    package func abandon() {
        state.withLock { end(&$0) }
    }

    private func end(_ state: inout State) {
        guard state.file != nil else { return }
        unlink(path)
        state.file = nil
    }

    /// By another algorithm than the one that ran along.
    private func hash(_ algorithm: Digest.Algorithm) throws(ContentError) -> Digest {
        var hasher = ContentHasher(algorithm)
        do throws(SystemError) { try hasher.update(file: path) } catch { throw ContentError(error) }
        return hasher.finish()
    }
}
