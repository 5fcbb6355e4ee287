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
    /// Names that are read at a time.
    private static let batch = 512

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
        while true {
            let names = try repository.referrers(of: subject, after: last, limit: Self.batch)
            for digest in names {
                if looks >= Self.greatestLooks, !entries.isEmpty {
                    hasMore = true
                    return
                }
                looks += 1
                if let entry = try entry(digest, repository, subject) {
                    let length = JSONDocument.write(entry, indented: false).count + 1
                    if !entries.isEmpty, size + length > Self.size {
                        hasMore = true
                        return
                    }
                    size += length
                    entries.append(entry)
                }
                last = digest
            }
            guard names.count == Self.batch else { return }
        }
    }

    private func entry(_ digest: Digest, _ repository: Repository, _ subject: Digest) throws(SystemError) -> Descriptor?
    {
        guard var entry = try repository.referrer(digest, listedFor: subject) else { return nil }
        if let type, entry.artifactType?.rawValue != type { return nil }
        if JSONDocument.write(entry, indented: false).count > Self.greatestEntry { entry.annotations = [:] }
        return entry
    }
}
