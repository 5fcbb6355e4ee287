package import OCI

/// What is remembered of a layer that was unpacked: `layers/<hexadecimal>/layer.json`.
package struct LayerRecord: Equatable, Sendable {
    /// The digest of the uncompressed archive.
    package var diffID: Digest
    /// Bytes of the uncompressed archive: about what the files take.
    package var size: Int64
    /// Entries of the archive.
    package var entries: Int64
    /// Devices and extended attributes that could not be made here.
    package var omitted: Int64
}

extension LayerRecord: JSONObject {
    package static var blank: LayerRecord {
        LayerRecord(diffID: Digest(sha256Of: []), size: 0, entries: 0, omitted: 0)
    }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("diffID", &diffID)
        try members.required("size", &size)
        try members.required("entries", &entries)
        try members.required("omitted", &omitted)
    }
}
