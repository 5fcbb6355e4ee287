public import OCI

/// Everything about one image, with the member names of `docker image inspect`.
public struct ImageInspection: Equatable, Sendable {
    public var id: Digest
    public var names: [String]
    public var repositoryDigests: [String]
    public var created: String?
    public var author: String?
    public var platform: Platform
    public var configuration: ImageConfiguration.Execution
    /// Bytes as stored.
    public var size: Int64
    /// The platform's manifest.
    public var manifest: Descriptor
    /// The layers, from the lowest up, as they are stored.
    public var layers: [Descriptor]
    public var rootfs: RootFileSystem
    public var history: [ImageConfiguration.History]

    public struct RootFileSystem: Equatable, Sendable {
        public var type = "layers"
        /// The diffIDs.
        public var layers: [Digest] = []
    }

    public func json(indented: Bool = true) -> [UInt8] { JSONDocument.write(self, indented: indented) }
}

extension StoredImage {
    public var inspection: ImageInspection {
        ImageInspection(
            id: id, names: names.filter { $0.tag != nil }.map(\.familiar), repositoryDigests: repositoryDigests,
            created: configuration.created, author: configuration.author, platform: configuration.platform,
            configuration: configuration.execution, size: size, manifest: descriptor, layers: manifest.layers,
            rootfs: .init(layers: configuration.rootfs.diffIDs), history: configuration.history)
    }
}

extension ImageInspection: JSONObject {
    public static var blank: ImageInspection {
        ImageInspection(
            id: Digest(sha256Of: []), names: [], repositoryDigests: [], platform: .blank, configuration: .init(),
            size: 0,
            manifest: .blank, layers: [], rootfs: .init(), history: [])
    }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("Id", &id)
        try members.required("RepoTags", &names)
        try members.required("RepoDigests", &repositoryDigests)
        try members.text("Created", &created)
        try members.text("Author", &author)
        try members.required("Architecture", &platform.architecture)
        try members.text("Variant", &platform.variant)
        try members.required("Os", &platform.os)
        try members.text("OsVersion", &platform.osVersion)
        try members.required("Config", &configuration)
        try members.required("Size", &size)
        try members.required("RootFS", &rootfs)
        try members.required("Manifest", &manifest)
        try members.required("Layers", &layers)
        try members.defaulted("History", &history)
    }
}

extension ImageInspection.RootFileSystem: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("Type", &type)
        try members.required("Layers", &layers)
    }
}
