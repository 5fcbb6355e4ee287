import Glibc
import Linux
import OCI

/// The tar archive of a blob, decompressed on one thread and hashed on another.
final class LayerStream {
    /// What the thread found out when it came to the end.
    struct Totals: Sendable {
        var digest: Digest
        var diffID: Digest
        var compression: MediaType.Compression
        var size: Int64
        var archiveSize: Int64
    }

    private let ring = ChunkRing()
    private let blob: LayerBlob
    private let source = Box<Source>()
    private let diffID = Box<Digest>()
    private let threads: [WorkerThread]
    /// What the emptying side failed with: libarchive's callback cannot throw.
    private(set) var failure: LayerError?
    /// The piece handed out last, and all bytes handed out.
    private var current: UnsafeRawBufferPointer?
    private var position: Int64 = 0
    /// Where in the archive what is kept begins; nil while nothing is. What of it was in pieces before the current one.
    private var keptFrom: Int64?
    private var kept: [UInt8] = []
    /// Bytes handed out since the count was last set to 0.
    var handedOut: Int64 = 0
    /// Bytes that may be handed out until it is set again.
    var allowance = Int64.max

    init(_ blob: LayerBlob, limits: LayerLimits) throws(LayerError) {
        self.blob = blob
        var threads: [WorkerThread] = []
        do {
            threads.append(
                try WorkerThread { [ring, source] in
                    do throws(LayerError) {
                        source.value = try Self.produce(blob, limits, ring)
                        ring.finish(.success(()))
                    } catch {
                        ring.finish(.failure(error))
                    }
                })
            threads.append(
                try WorkerThread { [ring, diffID] in
                    var hasher = ContentHasher(blob.diffID?.algorithm ?? .sha256)
                    ring.forEachChunk { hasher.update($0) }
                    diffID.value = hasher.finish()
                    ring.finishHash()
                })
        } catch {
            ring.cancel()
            throw LayerError(error)
        }
        self.threads = threads
    }

    /// The next piece of the archive, valid until the following call; nil at the end, or with `failure` set.
    func next() -> UnsafeRawBufferPointer? {
        guard failure == nil else { return nil }
        guard handedOut <= allowance else {
            failure = LayerError(.limitExceeded(.headerBytes, limit: allowance))
            return nil
        }
        if keptFrom != nil { kept += currentPart(to: position) }
        do throws(LayerError) {
            let piece = try ring.next()
            current = piece
            position +|= Int64(piece?.count ?? 0)
            handedOut +|= Int64(piece?.count ?? 0)
            return piece
        } catch {
            failure = error
            return nil
        }
    }

    /// Keeps what is handed out from a place in the current piece, or right behind it, until told to stop.
    func keep(from start: Int64) {
        keptFrom = start
        kept.removeAll(keepingCapacity: true)
    }

    /// Whether anything is to come: an archive of no bytes is one of no entries, as Go's reader has it.
    func isEmpty() throws(LayerError) -> Bool {
        try ring.isAtEnd()
    }

    /// What was kept up to a place in the current piece.
    func keptBytes(to end: Int64) -> [UInt8] { kept + currentPart(to: end) }

    /// One of the bytes kept, by its place among them; nil where it has not come.
    func keptByte(at index: Int) -> UInt8? {
        if index < kept.count { return kept[index] }
        guard let current, let keptFrom else { return nil }
        let place = Int(keptFrom) + index - Int(position -| Int64(current.count))
        return current.indices.contains(place) ? current[place] : nil
    }

    func stopKeeping() { keptFrom = nil }

    private func currentPart(to end: Int64) -> [UInt8] {
        guard let current, let keptFrom else { return [] }
        let start = position -| Int64(current.count)
        let (lower, upper) = (Int(max(keptFrom -| start, 0)), Int(min(end, position) -| start))
        return lower < upper ? Array(current[lower..<upper]) : []
    }

    /// Reads to the end and tells what the blob was. What stands behind the archive's end means nothing to any reader of layers (and
    /// something to those of eStargz), but it counts for the digests.
    func finish() throws(LayerError) -> Totals {
        allowance = .max
        while next() != nil {}
        if let failure { throw failure }
        ring.waitForHash()
        guard let source = source.value, let diffID = diffID.value else { throw LayerError(.truncated) }
        let totals = Totals(
            digest: source.digest ?? diffID, diffID: diffID, compression: source.compression, size: source.size,
            archiveSize: source.archiveSize)
        try compare(totals)
        return totals
    }

    deinit { ring.cancel() }

    /// What the decompressing thread saw of the blob.
    private struct Source: Sendable {
        /// nil: that of the archive, which is not compressed.
        var digest: Digest?
        var compression: MediaType.Compression
        var size: Int64
        var archiveSize: Int64
    }

    /// The decompressing thread's work.
    private static func produce(
        _ blob: LayerBlob, _ limits: LayerLimits, _ ring: ChunkRing
    ) throws(LayerError) -> Source? {
        let source = BlobSource(blob.descriptor, hashing: blob.digest?.algorithm ?? .sha256)
        let found = try source.compression()
        if let type = blob.mediaType {
            // Which kind of compression it says is often wrong, and the content tells.
            guard type.isLayer else { throw LayerError(.unknownMediaType(type)) }
        }
        var decoder: any LayerDecoder =
            switch found {
            case .none: PlainDecoder()
            case .gzip: try GzipDecoder()
            case .zstandard: try ZstandardDecoder()
            }
        // Of an archive that is not compressed one hash is enough.
        if found == .none, (blob.diffID?.algorithm ?? .sha256) == (blob.digest?.algorithm ?? .sha256) {
            source.skipHash()
        }
        var archiveSize: Int64 = 0
        while true {
            guard let target = ring.free() else { return nil }
            let count = try decoder.decode(source, into: target)
            if count == 0 { break }
            archiveSize +|= Int64(count)
            try check(archiveSize, of: source.count, limits)
            ring.commit(count)
        }
        return Source(
            digest: source.finish(), compression: found, size: source.count, archiveSize: archiveSize)
    }

    private static func check(_ archive: Int64, of compressed: Int64, _ limits: LayerLimits) throws(LayerError) {
        if archive > limits.bytes { throw LayerError(.limitExceeded(.bytes, limit: limits.bytes)) }
        if archive > limits.ratioFrom, archive / max(compressed, 1) >= limits.ratio {
            throw LayerError(.limitExceeded(.ratio, limit: limits.ratio))
        }
    }

    /// Whether the blob is what was promised.
    private func compare(_ totals: Totals) throws(LayerError) {
        if let expected = blob.size, expected != totals.size {
            throw LayerError(.sizeMismatch(expected: expected, found: totals.size))
        }
        if let expected = blob.digest, expected != totals.digest {
            throw LayerError(.digestMismatch(expected: expected, found: totals.digest))
        }
        if let expected = blob.diffID, expected != totals.diffID {
            throw LayerError(.diffIDMismatch(expected: expected, found: totals.diffID))
        }
    }
}

/// A value that one thread leaves for another, which looks only after it was told to.
final class Box<Value: Sendable>: @unchecked Sendable {
    // Unchecked: written before `ChunkRing.finish` or `finishHash`, read after `next` or `waitForHash` has seen that; the ring's
    // mutex orders the two.
    var value: Value?
}
