public import OCI

/// A layer as it is stored: where to read it from, and what it must turn out to be.
public struct LayerBlob: Sendable {
    /// An open descriptor, read from where it stands to its end; a file, a pipe or a socket. The caller's to close.
    public var descriptor: Int32
    /// What the manifest calls it; nil: told by the content alone.
    public var mediaType: MediaType?
    /// What the manifest says the bytes hash to; nil: not compared, still computed (SHA-256).
    public var digest: Digest?
    /// What the image's configuration says the uncompressed archive hashes to; nil: not compared, still computed.
    public var diffID: Digest?
    /// Bytes; nil: not compared.
    public var size: Int64?

    public init(
        _ descriptor: Int32, mediaType: MediaType? = nil, digest: Digest? = nil, diffID: Digest? = nil,
        size: Int64? = nil
    ) {
        self.descriptor = descriptor
        self.mediaType = mediaType
        self.digest = digest
        self.diffID = diffID
        self.size = size
    }

    /// A layer as a manifest's descriptor names it.
    public init(_ descriptor: Int32, _ content: Descriptor, diffID: Digest? = nil) {
        self.init(
            descriptor, mediaType: content.mediaType, digest: content.digest, diffID: diffID, size: content.size)
    }
}

/// A layer that was unpacked or packed: what its blob was, as seen while it streamed past.
public struct LayerContent: Equatable, Sendable {
    /// The digest of the blob.
    public var digest: Digest
    /// The digest of the uncompressed archive: the layer's name in an image's configuration.
    public var diffID: Digest
    public var compression: MediaType.Compression
    /// Bytes of the blob.
    public var size: Int64
    /// Bytes of the uncompressed archive.
    public var archiveSize: Int64
    /// Entries of the archive.
    public var entries: Int64
    /// What could not be kept and was left out, each for a reason the options or the privileges give.
    public var omitted = Omitted()

    /// Counts of what an unprivileged caller, or the file system, could not take.
    public struct Omitted: Equatable, Sendable {
        public var devices: Int64 = 0
        public var attributes: Int64 = 0

        public init() {}
    }

    /// The descriptor for a manifest.
    public var descriptor: Descriptor { Descriptor(mediaType: compression.layer, digest: digest, size: size) }
}
