package import Content
import Linux

/// What nothing but speed depends on: images packed for guests, what builds keep for `RUN --mount=type=cache`, what downloads that
/// were broken off left.
extension ImageStore {
    /// Where builds keep what `RUN --mount=type=cache` shows them, a directory a cache.
    package var buildCaches: String { "\(root)/builds/caches" }

    /// Where images packed for guests are.
    package var guestRoots: String { "\(root)/cache" }

    /// Held by whoever works with what is kept: until it goes, nothing of it is removed.
    package func useCaches() throws(ImageError) -> FileLock {
        try calling { () throws(SystemError) in try FileLock(.shared, cacheLock) }
    }

    private var cacheLock: String { "\(root)/locks/caches" }

    /// Removes all of it, and the downloads that nobody continues.
    ///
    /// - Returns: bytes freed; nil where a build or a guest works with it, and nothing was removed.
    package func removeCaches() throws(ImageError) -> Int64? {
        let lock = try calling { () throws(SystemError) in try FileLock(trying: .exclusive, cacheLock) }
        guard let lock else { return nil }
        defer { withExtendedLifetime(lock) {} }
        let before = try keptSize()
        for directory in [guestRoots, buildCaches] where SystemFile.exists(directory) {
            try calling { () throws(SystemError) in try TreeRemoval.remove(directory) }
        }
        try reading { () throws(ContentError) in _ = try content.cleanIngests(olderThan: 0) }
        try removeAbandonedBuilds()
        return before -| (try keptSize())
    }

    private func keptSize() throws(ImageError) -> Int64 {
        let kept = try kept()
        return kept.guestRoots.size +| kept.buildCaches.size +| kept.unfinished.size
    }

    /// Counts it.
    func kept() throws(ImageError) -> (guestRoots: DiskUse.Kept, buildCaches: DiskUse.Kept, unfinished: DiskUse.Kept) {
        var unfinished = try kept("ingest")
        for name in try abandonedBuilds() {
            unfinished.count += 1
            unfinished.size +|= TreeSize.bytes(of: "\(builds)/\(name)")
        }
        return (try kept("cache"), try kept("builds/caches"), unfinished)
    }

    private func kept(_ directory: String) throws(ImageError) -> DiskUse.Kept {
        var kept = DiskUse.Kept()
        for name in try names(directory) {
            kept.count += 1
            kept.size +|= TreeSize.bytes(of: "\(root)/\(directory)/\(name)")
        }
        return kept
    }
}
