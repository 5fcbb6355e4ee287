public import Content
import Linux

/// What nothing but speed depends on: images packed for guests, what builds keep for `RUN --mount=type=cache`, what downloads that
/// were broken off left.
extension ImageStore {
    /// Where builds keep what `RUN --mount=type=cache` shows them, a directory a cache.
    public var buildCaches: String { "\(root)/builds/caches" }

    /// Where images packed for guests are.
    public var guestRoots: String { "\(root)/cache" }

    /// Held by whoever works with what is kept: until it goes, nothing of it is removed.
    public func useCaches() throws(ImageError) -> FileLock {
        try calling { () throws(SystemError) in try FileLock(.shared, cacheLock) }
    }

    private var cacheLock: String { "\(root)/locks/caches" }

    /// Removes all of it, and the downloads that nobody continues.
    ///
    /// - Returns: bytes freed; nil where a build or a guest works with it, and nothing was removed.
    public func removeCaches() throws(ImageError) -> Int64? {
        let lock = try calling { () throws(SystemError) in try FileLock(trying: .exclusive, cacheLock) }
        guard let lock else { return nil }
        defer { withExtendedLifetime(lock) {} }
        let before = try keptSize()
        for directory in [guestRoots, buildCaches] where SystemFile.exists(directory) {
            try calling { () throws(SystemError) in try TreeRemoval.remove(directory) }
        }
        try reading { () throws(ContentError) in _ = try content.cleanIngests(olderThan: 0) }
        return before - (try keptSize())
    }

    private func keptSize() throws(ImageError) -> Int64 {
        var size: Int64 = 0
        for directory in ["cache", "builds/caches", "ingest"] { size += try kept(directory).size }
        return size
    }
}
