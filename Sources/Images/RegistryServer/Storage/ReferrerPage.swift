import Linux
import OCI

/// One page of who refers to a manifest. It holds at least one entry where any is left, and says whether more are: clients believe a
/// list that ends. Only what is on the page is ever in memory.
struct ReferrerPage {
    /// Bytes after which the page ends.
    static let size = 256 * 1024
    /// Bytes of one entry at most: greater ones are refused when they are pushed. Of one that came before that was so, the
    /// annotations are left out; it is listed all the same.
    static let greatestEntry = 64 * 1024
    /// Entries that are looked at for one page, once it holds something: others may be of another type.
    private static let greatestLooks = 4096
    /// Names that are taken of the directory at a time: few where the first of them fill the page, more and more where others are
    /// passed over, as the whole directory is read each time.
    private static let batches = (first: 512, greatest: 16_384)

    /// Only entries of this type.
    var type: String?
    /// The page is of those behind this one; when it is filled, its last, or the last that was looked at for it.
    var last: Digest?
    private(set) var entries: [Descriptor] = []
    /// Whether there may be more behind `last`.
    private(set) var hasMore = false

    /// Reads entries until the page is full.
    mutating func fill(_ repository: Repository, _ subject: Digest) throws(SystemError) {
        var size = 0
        var looks = 0
        var batch = Self.batches.first
        while true {
            let names = try repository.referrers(of: subject, after: last, limit: batch)
            for digest in names {
                if looks >= Self.greatestLooks, !entries.isEmpty {
                    hasMore = true
                    return
                }
                looks += 1
                if let (entry, length) = try entry(digest, repository, subject) {
                    if !entries.isEmpty, size + length > Self.size {
                        hasMore = true
                        return
                    }
                    size += length
                    entries.append(entry)
                }
                last = digest
            }
            guard names.count == batch else { return }
            batch = min(4 * batch, Self.batches.greatest)
        }
    }

    /// An entry, and the bytes that it takes of the page: it lies on disk as it is listed.
    private func entry(
        _ digest: Digest, _ repository: Repository, _ subject: Digest
    ) throws(SystemError) -> (Descriptor, length: Int)? {
        guard let found = try repository.referrer(digest, listedFor: subject) else { return nil }
        var (entry, size) = found
        if let type, entry.artifactType?.rawValue != type { return nil }
        if size > Self.greatestEntry {
            entry.annotations = [:]
            size = JSONDocument.write(entry, indented: false).count
        }
        return (entry, size + 1)
    }
}
