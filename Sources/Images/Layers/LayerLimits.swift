/// How much a layer may be, whatever it says of itself.
///
/// The defaults let every honest image pass and stop a bomb before the disk is full.
public struct LayerLimits: Equatable, Sendable {
    public enum Kind: String, Sendable {
        case bytes = "bytes in the uncompressed archive"
        case ratio = "times the compressed bytes"
        case entries = "entries"
        case fileSize = "bytes in a file, holes included"
        case headerBytes = "bytes of headers before an entry"
        case attributeBytes = "bytes of extended attributes on an entry"
        case devices = "devices"
    }

    /// Bytes of the uncompressed archive.
    public var bytes: Int64 = 128 << 30
    /// Uncompressed bytes for each compressed one, looked at once `ratioFrom` bytes have come out. Deflate reaches 1032 on
    /// zeros, so this bites on zstd alone, unless it is lowered.
    public var ratio: Int64 = 2048
    /// Uncompressed bytes below which the ratio does not matter.
    public var ratioFrom: Int64 = 256 << 20
    public var entries: Int64 = 4_000_000
    /// The size of one file, holes included.
    public var fileSize: Int64 = 1 << 40
    /// Bytes of pax records, long names and sparse maps before one entry: libarchive keeps them in memory.
    public var headerBytes: Int64 = 5 << 19
    /// Names and values of the extended attributes of one entry.
    public var attributeBytes: Int64 = 1 << 20
    public var devices: Int64 = 4096
    /// Bytes in a whole name, and in one component: Linux's own (`path_resolution(7)`).
    public var pathLength = 4095
    public var componentLength = 255
    /// Directories below each other.
    public var depth = 1024

    public init() {}
}
