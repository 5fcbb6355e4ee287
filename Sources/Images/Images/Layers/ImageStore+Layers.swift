import Content
import Glibc
package import Layers
import Linux
package import OCI
import Synchronization

/// Layers unpacked: `layers/<hexadecimal of the diffID>/tree`, each by itself, as overlayfs stacks them.
///
/// A layer is unpacked aside and renamed, so it is there whole or not at all; a lock makes several processes do it once.
extension ImageStore {
    private func directory(_ diffID: Digest) -> String { "\(root)/layers/\(diffID.hexadecimal)" }

    /// Where the files of a layer are, once it is unpacked.
    package func tree(of diffID: Digest) -> String { directory(diffID) + "/tree" }

    package func isUnpacked(_ diffID: Digest) -> Bool { SystemFile.exists(directory(diffID)) }

    /// What is remembered of an unpacked layer; nil where it is not unpacked.
    package func layer(_ diffID: Digest) throws(ImageError) -> LayerRecord? {
        guard isUnpacked(diffID) else { return nil }
        let bytes = try calling { () throws(SystemError) in try SystemFile.bytes(of: directory(diffID) + "/layer.json")
        }
        return try parsing { () throws(ConfigurationError) in
            try JSONDocument.read(LayerRecord.self, from: bytes, document: "layer.json")
        }
    }

    /// The diffIDs of the layers that are unpacked.
    package func unpackedLayers() throws(ImageError) -> [String] {
        try calling { () throws(SystemError) in try SystemFile.names(in: "\(root)/layers") }
            .filter { !$0.hasPrefix(Self.aside) }
    }

    static var aside: String { "new-" }

    /// Makes sure that an image's layers are unpacked, several at a time.
    ///
    /// - Parameter options: what the caller is able to do, unless said otherwise. Layers that are there already are taken as
    ///   they are.
    /// - Returns: the layers, stacked in one directory.
    package func unpack(_ image: StoredImage, options: UnpackOptions = .possible) throws(ImageError) -> LayerStack {
        let lock = try reading { () throws(ContentError) in try content.lock(.shared) }
        defer { withExtendedLifetime(lock) {} }
        return try unpackLocked(image, options)
    }

    /// While the store is locked, so that no collection takes away what was just made.
    func unpackLocked(_ image: StoredImage, _ options: UnpackOptions) throws(ImageError) -> LayerStack {
        let diffIDs = image.configuration.rootfs.diffIDs
        guard diffIDs.count == image.manifest.layers.count, diffIDs.count <= ImageGraph.greatestLayers else {
            throw .malformed("image \(image.id)", problem: "its layers and its configuration do not fit together")
        }
        // An image may have a layer twice.
        var seen: Set<Digest> = []
        let missing = zip(image.manifest.layers, diffIDs).filter { !isUnpacked($1) && seen.insert($1).inserted }
        if !missing.isEmpty {
            let failure = Mutex<ImageError?>(nil)
            WorkerGroup.run(missing.count, width: sysconf(Int32(_SC_NPROCESSORS_ONLN))) { number in
                do throws(ImageError) {
                    try self.unpack(missing[number].0, missing[number].1, options)
                    return true
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                    return false
                }
            }
            if let error = failure.withLock({ $0 }) { throw error }
        }
        return try stack(diffIDs)
    }

    /// Unpacks one layer, unless it is already. For those that hold the store's lock.
    package func unpack(_ blob: Descriptor, _ diffID: Digest, _ options: UnpackOptions) throws(ImageError) {
        let lock = try lockLayer(String(diffID.hexadecimal))
        defer { withExtendedLifetime(lock) {} }
        guard !isUnpacked(diffID) else { return }
        let aside = "\(root)/layers/\(Self.aside)\(diffID.hexadecimal)"
        // What a process left that was killed while it had the lock.
        try calling { () throws(SystemError) in
            try TreeRemoval.remove(aside)
            try SystemFile.makeDirectories(aside, mode: 0o711)
        }
        do throws(ImageError) {
            let file = try reading { () throws(ContentError) in try content.open(blob.digest) }
            let layer: LayerContent
            do throws(LayerError) {
                layer = try LayerUnpacker(options).unpack(
                    LayerBlob(file.number, blob, diffID: diffID), into: aside + "/tree")
            } catch {
                throw .layer(blob.digest, error)
            }
            let record = LayerRecord(
                diffID: diffID, size: layer.archiveSize, entries: layer.entries,
                omitted: layer.omitted.devices +| layer.omitted.attributes)
            try calling { () throws(SystemError) in
                try SystemFile.replace(aside + "/layer.json", with: JSONDocument.write(record, indented: false))
                // All of it is on disk before its name says so.
                let directory = try OwnedDescriptor(opening: aside, O_RDONLY | O_DIRECTORY)
                try retryingOnInterrupt("syncfs", aside) { EntryCalls.synchronizeFileSystem(of: directory.number) }
                if rename(aside, self.directory(diffID)) != 0 { throw SystemError("rename", aside) }
            }
        } catch {
            try? TreeRemoval.remove(aside)
            throw error
        }
    }

    func lockLayer(_ hexadecimal: String) throws(ImageError) -> FileLock {
        try calling { () throws(SystemError) in
            try FileLock(.exclusive, "\(root)/locks/layer-\(hexadecimal)", removing: true)
        }
    }

    // MARK: Stacks

    /// One directory with a link to each layer, made once for all containers that have the same ones: `stacks/<chainID>`.
    package func stack(_ diffIDs: [Digest]) throws(ImageError) -> LayerStack {
        let diffIDs = LayerStack.distinct(diffIDs)
        let path = "\(root)/stacks/\(LayerStack.name(of: diffIDs))"
        let stack = LayerStack(path: path, diffIDs: diffIDs)
        if SystemFile.exists(path) { return stack }
        let aside = "\(root)/stacks/\(Self.aside)\(RandomName.make())"
        try calling { () throws(SystemError) in
            try SystemFile.makeDirectories(aside, mode: 0o711)
            for (number, diffID) in diffIDs.enumerated() {
                if symlink("../../layers/\(diffID.hexadecimal)/tree", "\(aside)/\(number)") != 0 {
                    throw SystemError("symlink", aside)
                }
            }
            // Overlayfs wants a layer, and an image from scratch may have none.
            if diffIDs.isEmpty { try SystemFile.makeDirectories("\(aside)/0") }
            if rename(aside, path) != 0 {
                let error = SystemError("rename", aside)
                try TreeRemoval.remove(aside)
                // Another was quicker.
                if error.errno != EEXIST, error.errno != ENOTEMPTY { throw error }
            }
        }
        return stack
    }
}

/// An image's layers, unpacked and ready to be stacked.
package struct LayerStack: Equatable, Sendable {
    /// A directory with a name for each: `0`, the lowest, and so on.
    package var path: String
    /// From the lowest up.
    package var diffIDs: [Digest]

    /// What its directory is called, and what is kept of it elsewhere.
    package var name: String { Self.name(of: diffIDs) }

    /// How many names `path` holds.
    package var count: Int { max(1, diffIDs.count) }

    /// An image's layers, each once: overlayfs takes none twice (ELOOP), and images do have equal ones, such as the empty layer of
    /// each step that changed nothing. The topmost stays: all that it says is said above, and what a lower one added or took
    /// away is there or gone by it, too.
    static func distinct(_ diffIDs: [Digest]) -> [Digest] {
        var seen: Set<Digest> = []
        return diffIDs.reversed().filter { seen.insert($0).inserted }.reversed()
    }

    /// The name of the directory of layers that are each there once.
    static func name(of distinct: [Digest]) -> String {
        ImageConfiguration.RootFileSystem(diffIDs: distinct).chainIDs.last.map { String($0.hexadecimal) } ?? "empty"
    }
}
