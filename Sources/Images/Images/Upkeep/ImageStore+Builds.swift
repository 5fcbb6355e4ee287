import Content
import Linux

/// Where builds work: `builds/<process>-<time>`, each with a lock beside it that is held as long as the build runs.
extension ImageStore {
    package var builds: String { "\(root)/builds" }

    /// Names of builds that were killed: what they worked with is nobody's.
    package func abandonedBuilds() throws(ImageError) -> [String] {
        var found: [String] = []
        for name in try buildNames() where try abandoned(name) != nil { found.append(name) }
        return found
    }

    /// Removes what builds that were killed left.
    ///
    /// - Returns: their names.
    @discardableResult
    package func removeAbandonedBuilds() throws(ImageError) -> [String] {
        var removed: [String] = []
        for name in try buildNames() {
            // Held while it is removed: two commands may come to it at once.
            guard let lock = try abandoned(name) else { continue }
            try calling { () throws(SystemError) in try TreeRemoval.remove("\(builds)/\(name)") }
            withExtendedLifetime(lock) {}
            removed.append(name)
        }
        return removed
    }

    /// Removes blobs that killed commands had not finished, and that nobody can go on with; a broken download stays for the next pull.
    ///
    /// - Returns: how many.
    @discardableResult
    package func removeAbandonedBlobs() throws(ImageError) -> Int {
        try reading { () throws(ContentError) in try content.cleanIngests(olderThan: .max, emptyOlderThan: 0).count }
    }

    /// Of builds that run and of those that were killed; a lock alone is one, too.
    private func buildNames() throws(ImageError) -> [String] {
        let names = try names("builds").filter { $0.utf8.first.map { (0x30...0x39).contains($0) } == true }
        return Set(names.map { $0.hasSuffix(".lock") ? String($0.dropLast(5)) : $0 }).sorted()
    }

    /// The lock of a build that nobody holds.
    private func abandoned(_ name: String) throws(ImageError) -> FileLock? {
        try calling { () throws(SystemError) in
            try FileLock(trying: .exclusive, "\(builds)/\(name).lock", removing: true)
        }
    }
}
