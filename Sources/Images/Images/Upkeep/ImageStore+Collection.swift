import Content
import Glibc
import Layers
import Linux
package import OCI

/// What was removed from a store.
package struct Removal: Equatable, Sendable {
    /// Names taken away.
    package var untagged: [ImageReference] = []
    /// Identifiers of images that are gone.
    package var images: [Digest] = []
    package var blobs: [Digest] = []
    /// Unpacked layers, by the hexadecimal of their diffIDs.
    package var layers: [String] = []
    /// Bytes freed: blobs as they were, layers by the sizes of their archives.
    package var size: Int64 = 0
}

extension ImageStore {
    /// Removes what neither a name nor a container leads to: blobs, unpacked layers, stacks, caches, and what killed processes left.
    ///
    /// What somebody who holds a lease (`content.lease`) has brought stays, and what is held (`hold`). Waits for layers being
    /// unpacked.
    @discardableResult
    package func collectGarbage() throws(ImageError) -> Removal {
        var removal = Removal()
        try collectGarbage(into: &removal)
        return removal
    }

    func collectGarbage(into removal: inout Removal) throws(ImageError) {
        var found = Removal()
        let blobs = try content.collect(orElse: ImageError.content) { () throws(ImageError) in
            let lock = try lockIndex()
            defer { withExtendedLifetime(lock) {} }
            var roots = try roots(try index())
            roots.insert(held: try reading { () throws(ContentError) in try content.heldNames() })
            try removeLayers(keeping: roots, &found)
            return roots.digests
        }
        // Trees take long to remove: out of sight first, while the store was locked, and gone now.
        try removeLeftovers()
        try reading { () throws(ContentError) in _ = try content.cleanIngests(olderThan: Self.resumable) }
        removal.blobs += blobs.digests
        removal.layers += found.layers
        removal.size +|= blobs.size +| found.size
    }

    /// For how long what a download left is kept for being resumed, in seconds.
    static let resumable = 24 * 3600

    private static let gone = "gone-"

    private func removeLayers(keeping roots: ImageRoots, _ removal: inout Removal) throws(ImageError) {
        for name in try unpackedLayers() where !name.hasPrefix(Self.gone) && !roots.layers.contains(name) {
            let path = "\(root)/layers/\(name)"
            if let bytes = try? SystemFile.bytes(of: path + "/layer.json"),
                let record = try? JSONDocument.read(LayerRecord.self, from: bytes, document: "layer.json")
            {
                removal.size +|= record.size
            }
            try calling { () throws(SystemError) in
                let aside = "\(root)/layers/\(Self.gone)\(RandomName.make())"
                if rename(path, aside) != 0 { throw SystemError("rename", path) }
            }
            removal.layers.append(name)
        }
        // Nobody unpacks while the store is locked: these are what killed processes left.
        for name in try names("layers") where name.hasPrefix(Self.aside) {
            let path = "\(root)/layers/\(name)"
            try calling { () throws(SystemError) in
                let aside = "\(root)/layers/\(Self.gone)\(RandomName.make())"
                if rename(path, aside) != 0 { throw SystemError("rename", path) }
            }
        }
        for name in try names("stacks") where !roots.stacks.contains(name) {
            try calling { () throws(SystemError) in try TreeRemoval.remove("\(root)/stacks/\(name)") }
        }
        for name in try names("cache") {
            // Named after what they were made from; others are not ours to judge.
            let key = name.prefix { $0.isHexDigit }
            guard key.utf8.count >= 64, !roots.keys.contains(String(key)) else { continue }
            try calling { () throws(SystemError) in try TreeRemoval.remove("\(root)/cache/\(name)") }
        }
    }

    private func removeLeftovers() throws(ImageError) {
        for name in try names("layers") where name.hasPrefix(Self.gone) {
            try calling { () throws(SystemError) in try TreeRemoval.remove("\(root)/layers/\(name)") }
        }
    }

    func names(_ directory: String) throws(ImageError) -> [String] {
        let path = "\(root)/\(directory)"
        guard SystemFile.exists(path) else { return [] }
        return try calling { () throws(SystemError) in try SystemFile.names(in: path) }
    }
}
