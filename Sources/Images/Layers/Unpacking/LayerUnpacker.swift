import Glibc
import Linux

/// Makes directories of layers: reads a blob once, from any descriptor, decompressing, hashing and writing at the same time.
///
/// Layers come from anywhere. An archive that is damaged, that passes the limits, or whose names could lead outside is
/// refused with the name of the entry, and nothing outside the directory is touched. Nothing is synchronized to the disk:
/// that is the caller's, once for all layers.
///
/// Several unpackers may work at once, on directories of their own; each takes three threads and a few MiB.
public struct LayerUnpacker: Sendable {
    public var options: UnpackOptions

    public init(_ options: UnpackOptions = .possible) { self.options = options }

    /// Unpacks a layer by itself, as one of the directories that overlayfs stacks.
    ///
    /// - Parameter directory: made here, and removed again on any failure. An existing one must be empty.
    public func unpack(_ blob: LayerBlob, into directory: String) throws(LayerError) -> LayerContent {
        do throws(SystemError) {
            if mkdir(directory, 0o700) != 0 {
                guard errno == EEXIST else { throw SystemError("mkdir", directory) }
                guard try SystemFile.names(in: directory).isEmpty else {
                    throw SystemError("mkdir", directory, errno: ENOTEMPTY)
                }
            }
        } catch {
            throw LayerError(error)
        }
        do throws(LayerError) {
            return try run(blob, directory, isOnTop: false)
        } catch {
            try? TreeRemoval.remove(directory)
            throw error
        }
    }

    /// Unpacks a layer on top of what lower ones left in a directory: removals remove.
    ///
    /// For where overlayfs cannot be mounted. A failure leaves the directory as far as it got: it is the caller's to remove.
    public func apply(_ blob: LayerBlob, onto directory: String) throws(LayerError) -> LayerContent {
        try run(blob, directory, isOnTop: true)
    }

    private func run(_ blob: LayerBlob, _ directory: String, isOnTop: Bool) throws(LayerError) -> LayerContent {
        let stream = try LayerStream(blob, limits: options.limits)
        let writer = try EntryWriter(directory, options, isOnTop: isOnTop)
        var entries: Int64 = 0
        if try !stream.isEmpty() {
            let reader = try TarReader(stream, limits: options.limits)
            while let entry = try reader.next() {
                let path = try LayerPath(entry.name, limits: options.limits)
                try writer.write(entry, path, from: reader)
            }
            entries = reader.entries
        }
        let totals = try stream.finish()
        try writer.finish()
        return LayerContent(
            digest: totals.digest, diffID: totals.diffID, compression: totals.compression,
            size: totals.size, archiveSize: totals.archiveSize, entries: entries, omitted: writer.omitted)
    }
}
