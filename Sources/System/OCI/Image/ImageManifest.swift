/// One image: its configuration and its layers (OCI image specification 1.1, `manifest.md`), or an artifact in that form. Docker's
/// manifest (version 2, schema 2) has the same members.
public struct ImageManifest: Equatable, Sendable {
    public static let schemaVersion = 2
    /// Registries must take manifests of 4 MiB; greater ones are refused (distribution specification, "Pushing Manifests").
    public static let greatestSize: Int64 = 4 << 20

    public var mediaType: MediaType
    public var artifactType: MediaType?
    public var config: Descriptor
    public var layers: [Descriptor]
    /// The manifest this one says something about: what `referrers` lists.
    public var subject: Descriptor?
    public var annotations: [String: String]

    public init(
        mediaType: MediaType = .imageManifest, artifactType: MediaType? = nil, config: Descriptor, layers: [Descriptor],
        subject: Descriptor? = nil, annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(ImageManifest.self, from: json, document: "image manifest")
    }

    public func json() -> [UInt8] { JSONDocument.write(self, indented: false) }
}

extension ImageManifest: JSONObject {
    public static var blank: ImageManifest { ImageManifest(mediaType: .absent, config: .blank, layers: []) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        var version = SchemaVersion()
        try members.required("schemaVersion", &version)
        try members.defaulted("mediaType", &mediaType)
        try members.optional("artifactType", &artifactType)
        try members.required("config", &config)
        try members.required("layers", &layers)
        try members.optional("subject", &subject)
        try members.defaulted("annotations", &annotations)
        // A document that is both would be one image to one reader and another to the next (CVE-2021-41190).
        var other: ForeignMember?
        try members.optional("manifests", &other)
    }
}

/// Several manifests under one name: an image for each of several platforms, or what a layout holds (OCI image specification
/// 1.1, `image-index.md`). Docker's manifest list has the same members.
public struct ImageIndex: Equatable, Sendable {
    public var mediaType: MediaType
    public var artifactType: MediaType?
    public var manifests: [Descriptor]
    public var subject: Descriptor?
    public var annotations: [String: String]

    public init(
        mediaType: MediaType = .imageIndex, artifactType: MediaType? = nil, manifests: [Descriptor],
        subject: Descriptor? = nil, annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.manifests = manifests
        self.subject = subject
        self.annotations = annotations
    }

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(ImageIndex.self, from: json, document: "image index")
    }

    public func json() -> [UInt8] { JSONDocument.write(self, indented: false) }

    /// The manifest for a platform: the first that names it and runs there; else the only one there is, where it names none.
    public func manifest(for platform: Platform) -> Descriptor? {
        let images = manifests.filter { $0.mediaType.isManifest || $0.mediaType.isIndex }
        let named = images.filter { $0.platform.map(platform.runs) == true }
        if let exact = named.first(where: { $0.platform?.variant == platform.variant }) ?? named.first { return exact }
        return images.count == 1 && images[0].platform == nil ? images[0] : nil
    }
}

extension ImageIndex: JSONObject {
    public static var blank: ImageIndex { ImageIndex(mediaType: .absent, manifests: []) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        var version = SchemaVersion()
        try members.required("schemaVersion", &version)
        try members.defaulted("mediaType", &mediaType)
        try members.optional("artifactType", &artifactType)
        var list = ManifestList(manifests: manifests)
        try members.required("manifests", &list)
        manifests = list.manifests
        try members.optional("subject", &subject)
        try members.defaulted("annotations", &annotations)
        var config: ForeignMember?
        try members.optional("config", &config)
        var layers: ForeignMember?
        try members.optional("layers", &layers)
    }
}

/// `manifests`: `null` is an empty list, as Docker 25 writes of an archive of images without names.
private struct ManifestList: JSONValue {
    var manifests: [Descriptor]

    init(manifests: [Descriptor]) { self.manifests = manifests }

    init(reading reader: inout JSONReader) throws(DocumentFault) {
        manifests = try reader.takeNull() ? [] : [Descriptor](reading: &reader)
    }

    func write(to writer: inout JSONWriter) { manifests.write(to: &writer) }
}

/// `schemaVersion`, which is 2: version 1 was signed text in another form, and no document says more.
private struct SchemaVersion: JSONValue {
    init() {}

    init(reading reader: inout JSONReader) throws(DocumentFault) {
        let version: Int = try reader.readInteger()
        guard version == ImageManifest.schemaVersion else {
            throw DocumentFault("\(version) is not \(ImageManifest.schemaVersion), the only version that is read")
        }
    }

    func write(to writer: inout JSONWriter) { writer.write(ImageManifest.schemaVersion) }
}

/// A member that belongs to a document of another kind.
private struct ForeignMember: JSONValue {
    init(reading reader: inout JSONReader) throws(DocumentFault) {
        throw DocumentFault("belongs to a document of another kind")
    }

    func write(to writer: inout JSONWriter) {}
}
