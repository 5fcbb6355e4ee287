import Content
import Glibc
package import Layers
import Linux
import OCI

extension ImageStore {
    private func snapshotDirectory(_ id: String) -> String { "\(root)/containers/\(id)" }

    /// Makes the root of a container from an image, unpacking the layers that are not yet.
    ///
    /// It takes the same time whatever the number of layers, once they are unpacked; nothing is mounted.
    ///
    /// - Parameters:
    ///   - id: a name for the container: letters, digits, `-`, `_`, `+` and `.`.
    ///   - form: nil: overlayfs where it can be mounted, else a copy; which one it became is to be said aloud.
    /// - Throws: `ImageError.malformed` where a snapshot of that name is there.
    package func makeSnapshot(
        _ id: String, of image: StoredImage, form: Snapshot.Form? = nil, options: UnpackOptions = .possible
    ) throws(ImageError) -> Snapshot {
        let directory = try directory(ofNew: id)
        let form =
            if let form { form } else if try overlayProblem() == nil { Snapshot.Form.overlay } else {
                Snapshot.Form.copy
            }
        let lock = try reading { () throws(ContentError) in try content.lock(.shared) }
        defer { withExtendedLifetime(lock) {} }
        let stack =
            form == .overlay
            ? try unpackLocked(image, options) : LayerStack(path: "", diffIDs: image.configuration.rootfs.diffIDs)
        let record = SnapshotRecord(image: image.descriptor, diffIDs: stack.diffIDs, stack: stack.path, form: form)
        try calling { () throws(SystemError) in
            if mkdir(directory, 0o711) != 0 { throw SystemError("mkdir", directory) }
        }
        let snapshot = Snapshot(id: id, directory: directory, image: image.descriptor, stack: stack, form: form)
        do throws(ImageError) {
            try calling { () throws(SystemError) in
                // Whose it is, before there is anything to own.
                try SystemFile.replace(
                    directory + "/snapshot.json", with: JSONDocument.write(record, indented: false), mode: 0o644)
                if form == .overlay {
                    if mkdir(directory + "/work", 0o700) != 0 { throw SystemError("mkdir", directory + "/work") }
                }
                if mkdir(snapshot.upper, 0o755) != 0 { throw SystemError("mkdir", snapshot.upper) }
                _ = chmod(snapshot.upper, 0o755)
            }
            if form == .copy { try copyLayers(of: image, to: snapshot.upper, options) }
            try takeAttributes(of: stack, for: snapshot)
        } catch {
            try? TreeRemoval.remove(directory)
            throw error
        }
        return snapshot
    }

    /// Overlayfs shows the uppermost layer's root: a snapshot's own must look like the image's.
    private func takeAttributes(of stack: LayerStack, for snapshot: Snapshot) throws(ImageError) {
        guard snapshot.form == .overlay, let top = stack.diffIDs.last else { return }
        try calling { () throws(SystemError) in
            var status = stat()
            if stat(tree(of: top), &status) != 0 { throw SystemError("stat", tree(of: top)) }
            if chown(snapshot.upper, status.st_uid, status.st_gid) != 0, errno != EPERM {
                throw SystemError("chown", snapshot.upper)
            }
            if chmod(snapshot.upper, status.st_mode & 0o7777) != 0 { throw SystemError("chmod", snapshot.upper) }
        }
    }

    private func copyLayers(
        of image: StoredImage, to directory: String, _ options: UnpackOptions
    ) throws(ImageError) {
        for (blob, diffID) in zip(image.manifest.layers, image.configuration.rootfs.diffIDs) {
            let file = try reading { () throws(ContentError) in try content.open(blob.digest) }
            do throws(LayerError) {
                _ = try LayerUnpacker(options).apply(LayerBlob(file.number, blob, diffID: diffID), onto: directory)
            } catch {
                throw .layer(blob.digest, error)
            }
        }
    }

    private func directory(ofNew id: String) throws(ImageError) -> String {
        _ = try parsing { () throws(ConfigurationError) in try ContainerIdentifier(id) }
        let directory = snapshotDirectory(id)
        guard !SystemFile.exists(directory) else {
            throw .malformed("container \(id)", problem: "has a root already: \(directory)")
        }
        return directory
    }

    /// The root of a container that was made before; nil where there is none.
    package func snapshot(_ id: String) throws(ImageError) -> Snapshot? {
        let directory = snapshotDirectory(id)
        guard (try? ContainerIdentifier(id)) != nil, SystemFile.exists(directory + "/snapshot.json") else { return nil }
        let bytes = try calling { () throws(SystemError) in try SystemFile.bytes(of: directory + "/snapshot.json") }
        let record = try parsing { () throws(ConfigurationError) in
            try JSONDocument.read(SnapshotRecord.self, from: bytes, document: "snapshot.json")
        }
        return Snapshot(
            id: id, directory: directory, image: record.image,
            stack: LayerStack(path: record.stack, diffIDs: record.diffIDs), form: record.form)
    }

    /// The names of all containers' roots.
    package func snapshots() throws(ImageError) -> [String] {
        try calling { () throws(SystemError) in try SystemFile.names(in: "\(root)/containers") }
            .filter { SystemFile.exists(snapshotDirectory($0) + "/snapshot.json") }
    }

    /// Removes a container's root and all it wrote; one that is not there is none to remove. It must not be mounted.
    package func removeSnapshot(_ id: String) throws(ImageError) {
        guard (try? ContainerIdentifier(id)) != nil else { return }
        try calling { () throws(SystemError) in try TreeRemoval.remove(snapshotDirectory(id)) }
    }
}
