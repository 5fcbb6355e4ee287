/// The file `oci-layout` at the root of a directory of blobs (OCI image specification 1.1, `image-layout.md`).
public struct ImageLayout: Equatable, Sendable {
    public static let version = "1.0.0"
    /// The names of the layout's own files.
    public static let marker = "oci-layout"
    public static let index = "index.json"
    public static let blobs = "blobs"

    public var version: String

    public init(version: String = ImageLayout.version) { self.version = version }

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(ImageLayout.self, from: json, document: Self.marker)
        guard version.hasPrefix("1.") else {
            throw ConfigurationError(
                document: Self.marker, path: "imageLayoutVersion", problem: "\(quoting: version) is not 1.0.0")
        }
    }

    public func json() -> [UInt8] { JSONDocument.write(self, indented: false) }
}

extension ImageLayout: JSONObject {
    public static var blank: ImageLayout { ImageLayout(version: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("imageLayoutVersion", &version)
    }
}

/// Names of annotations that the specification gives a meaning (`annotations.md`), and those others look for.
public enum Annotation {
    /// The tag of a manifest in a layout.
    public static let referenceName = "org.opencontainers.image.ref.name"
    /// The whole name of an image, as containerd and Docker write it into layouts.
    public static let imageName = "io.containerd.image.name"
    public static let created = "org.opencontainers.image.created"
    public static let baseDigest = "org.opencontainers.image.base.digest"
    public static let baseName = "org.opencontainers.image.base.name"
}
