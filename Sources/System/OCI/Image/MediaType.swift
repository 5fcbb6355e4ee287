/// What kind of content a blob is (RFC 6838; OCI image specification 1.1, `media-types.md`).
public struct MediaType: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ name: String) { rawValue = name }

    public var description: String { rawValue }

    public static let imageManifest = MediaType("application/vnd.oci.image.manifest.v1+json")
    public static let imageIndex = MediaType("application/vnd.oci.image.index.v1+json")
    public static let imageConfiguration = MediaType("application/vnd.oci.image.config.v1+json")
    public static let layer = MediaType("application/vnd.oci.image.layer.v1.tar")
    public static let layerGzip = MediaType("application/vnd.oci.image.layer.v1.tar+gzip")
    public static let layerZstandard = MediaType("application/vnd.oci.image.layer.v1.tar+zstd")
    /// The two bytes `{}`, where a manifest has no configuration or no layer to name.
    public static let empty = MediaType("application/vnd.oci.empty.v1+json")

    /// Docker's own names for the same things (image manifest version 2, schema 2).
    public static let dockerManifest = MediaType("application/vnd.docker.distribution.manifest.v2+json")
    public static let dockerManifestList = MediaType("application/vnd.docker.distribution.manifest.list.v2+json")
    public static let dockerConfiguration = MediaType("application/vnd.docker.container.image.v1+json")
    public static let dockerLayer = MediaType("application/vnd.docker.image.rootfs.diff.tar")
    public static let dockerLayerGzip = MediaType("application/vnd.docker.image.rootfs.diff.tar.gzip")
    /// What BuildKit and containerd write of layers that are compressed by zstd; the two spell it differently.
    public static let dockerLayerZstandard = MediaType("application/vnd.docker.image.rootfs.diff.tar.zstd")

    public var isManifest: Bool { self == .imageManifest || self == .dockerManifest }
    public var isIndex: Bool { self == .imageIndex || self == .dockerManifestList }
    public var isConfiguration: Bool { self == .imageConfiguration || self == .dockerConfiguration }
    public var isLayer: Bool { compression != nil }

    /// How a layer is compressed; nil: not a layer, or one of a kind unknown here.
    public var compression: Compression? {
        switch self {
        case .layer, .dockerLayer, Self.nondistributable(""): Compression.none
        case .layerGzip, .dockerLayerGzip, Self.nondistributable("+gzip"), Self.foreignGzip: .gzip
        case Self.foreign: Compression.none
        case .layerZstandard, .dockerLayerZstandard, Self.zstandardByPlus, Self.nondistributable("+zstd"): .zstandard
        default: nil
        }
    }

    /// Layers that were not to be pushed to registries: deprecated, still read.
    private static func nondistributable(_ suffix: String) -> MediaType {
        MediaType("application/vnd.oci.image.layer.nondistributable.v1.tar" + suffix)
    }

    private static let foreign = MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar")
    private static let foreignGzip = MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    private static let zstandardByPlus = MediaType("application/vnd.docker.image.rootfs.diff.tar+zstd")

    /// Whether a layer's content may be elsewhere than in a registry, at the addresses its descriptor tells.
    public var isForeign: Bool {
        rawValue.hasPrefix("application/vnd.docker.image.rootfs.foreign.")
            || rawValue.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
    }

    public enum Compression: String, CaseIterable, Sendable {
        case none, gzip, zstandard

        /// The media type of a layer compressed in this way.
        public var layer: MediaType {
            switch self {
            case .none: .layer
            case .gzip: .layerGzip
            case .zstandard: .layerZstandard
            }
        }
    }
}

extension MediaType: JSONDefaulted {
    public static var absent: MediaType { MediaType("") }
    public var isAbsent: Bool { rawValue.isEmpty }

    /// RFC 6838, 4.2: type, slash, subtype, each of at most 127 restricted characters.
    public init(reading reader: inout JSONReader) throws(DocumentFault) {
        let name = try reader.readString()
        if !name.isEmpty, !MediaType.isWellFormed(name) { throw DocumentFault("\(quoting: name) is not a media type") }
        rawValue = name
    }

    public func write(to writer: inout JSONWriter) { writer.write(rawValue) }

    /// Whether a name has the form `type/subtype` (RFC 6838, 4.2).
    public static func isWellFormed(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                (1...127).contains(part.count) && part.first.map(isAlphanumeric) == true
                    && part.allSatisfy { isAlphanumeric($0) || "!#$&-^_.+".utf8.contains($0) }
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
