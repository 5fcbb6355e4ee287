public import OCI

/// What is remembered of a layer that was unpacked: `layers/<hexadecimal>/layer.json`.
public struct LayerRecord: Equatable, Sendable {
    /// The digest of the uncompressed archive.
    public var diffID: Digest
    /// Bytes of the uncompressed archive: about what the files take.
    public var size: Int64
    /// Entries of the archive.
    public var entries: Int64
    /// Devices and extended attributes that could not be made here.
    public var omitted: Int64
}

extension LayerRecord: JSONObject {
    public static var blank: LayerRecord {
        LayerRecord(diffID: Digest(sha256Of: []), size: 0, entries: 0, omitted: 0)
    }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("diffID", &diffID)
        try members.required("size", &size)
        try members.required("entries", &entries)
        try members.required("omitted", &omitted)
    }
}
