/// What content is, how long it is and which: the way one document names another (OCI image specification 1.1,
/// `descriptor.md`).
public struct Descriptor: Equatable, Sendable {
    public var mediaType: MediaType
    public var digest: Digest
    /// Bytes.
    public var size: Int64
    /// Where else the content may be had; read, never followed.
    public var urls: [String]
    public var annotations: [String: String]
    /// The content itself in Base64, where it is small; read, not used: the blob is what counts.
    public var data: String?
    public var artifactType: MediaType?
    public var platform: Platform?

    public init(
        mediaType: MediaType, digest: Digest, size: Int64, urls: [String] = [], annotations: [String: String] = [:],
        data: String? = nil, artifactType: MediaType? = nil, platform: Platform? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.urls = urls
        self.annotations = annotations
        self.data = data
        self.artifactType = artifactType
        self.platform = platform
    }

    /// Names bytes in memory.
    public init(_ mediaType: MediaType, of bytes: [UInt8]) {
        self.init(mediaType: mediaType, digest: Digest(sha256Of: bytes), size: Int64(bytes.count))
    }
}

extension Descriptor: JSONObject {
    public static var blank: Descriptor { Descriptor(.absent, of: []) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("mediaType", &mediaType)
        try members.required("digest", &digest)
        var count = ContentSize(size)
        try members.required("size", &count)
        size = count.bytes
        try members.defaulted("urls", &urls)
        try members.defaulted("annotations", &annotations)
        try members.text("data", &data)
        try members.optional("artifactType", &artifactType)
        try members.optional("platform", &platform)
    }
}

/// A number of bytes, which cannot be negative.
private struct ContentSize: JSONValue {
    let bytes: Int64

    init(_ bytes: Int64) { self.bytes = bytes }

    init(reading reader: inout JSONReader) throws(DocumentFault) {
        bytes = try reader.readInteger()
        guard bytes >= 0 else { throw DocumentFault("a size cannot be negative") }
    }

    func write(to writer: inout JSONWriter) { writer.write(bytes) }
}
