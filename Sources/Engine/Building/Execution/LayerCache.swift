import Content
import Glibc
import Images
import Layers
import Linux
import OCI

/// Which layer a step made when it was done last: `builds/cache/<key>` in the image store.
///
/// A record is worth what its layer is: where the layer was removed with the images that had it, so is the record.
struct LayerCache {
    struct Record: Equatable {
        /// Nil where the step changed no file.
        var diffID: Digest?
        /// Without a diffID: the one below a step that changed none, with which the record goes.
        var layer: Descriptor?
        /// When it was made, RFC 3339: an image of nothing but kept layers is the same again.
        var created: String
    }

    private let store: ImageStore
    private let directory: String

    init(_ store: ImageStore) throws(SystemError) {
        self.store = store
        directory = BuildWorkspace.folder(of: store) + "/cache"
        try SystemFile.makeDirectories(directory, mode: 0o700)
    }

    private func path(_ key: Digest) -> String { "\(directory)/\(key.hexadecimal)" }

    /// What is kept of a step, its layer held until the build's lease ends; nil where there is nothing, or no more.
    func record(_ key: Digest) throws -> Record? {
        guard let record = read(path(key)) else { return nil }
        if let layer = record.layer, try !store.content.retain(layer.digest, size: layer.size) {
            unlink(path(key))
            return nil
        }
        return record
    }

    func keep(_ record: Record, _ key: Digest) throws(SystemError) {
        try SystemFile.replace(path(key), with: JSONDocument.write(record, indented: false))
    }

    /// Removes the records whose layers are gone.
    func prune() throws(SystemError) {
        for name in try SystemFile.names(in: directory) {
            let record = read("\(directory)/\(name)")
            if let record, record.layer.map({ store.content.contains($0.digest) }) != false { continue }
            unlink("\(directory)/\(name)")
        }
    }

    /// Nil for what is damaged: it is made again.
    private func read(_ path: String) -> Record? {
        guard let bytes = try? SystemFile.bytes(of: path) else { return nil }
        return try? JSONDocument.read(Record.self, from: bytes, document: "build cache")
    }
}

extension LayerCache.Record: JSONObject {
    static var blank: Self { Self(created: "") }

    mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.optional("diffID", &diffID)
        try members.optional("layer", &layer)
        try members.required("created", &created)
    }
}
