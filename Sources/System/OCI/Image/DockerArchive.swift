/// `manifest.json` in an archive of `docker save`: the images it holds, by the names of their files in the archive (Docker image
/// specification 1.2, "Combined Image JSON + Filesystem Changeset Format").
public struct DockerArchive: Equatable, Sendable {
    public static let manifest = "manifest.json"
    /// The older list of names, `{repository: {tag: layer}}`, which `docker save` still writes.
    public static let repositories = "repositories"

    public var images: [Image]

    public init(_ images: [Image]) { self.images = images }

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        images = try JSONDocument.read([Image].self, from: json, document: Self.manifest)
    }

    public func json() -> [UInt8] { JSONDocument.write(images, indented: false) }

    /// `repositories` as its bytes: each tag with the identifier of its uppermost layer.
    public func repositoriesJSON() -> [UInt8] {
        var names: [String: [String: String]] = [:]
        for image in images {
            guard let top = image.layers.last else { continue }
            let parts = top.split(separator: "/")
            let layer = parts.last == "layer.tar" ? parts.dropLast().last : parts.last
            for tag in image.tags {
                guard let name = try? ImageReference(tag) else { continue }
                names[name.familiarName, default: [:]][name.withDefaultTag.tag ?? ""] = layer.map(String.init) ?? ""
            }
        }
        return JSONDocument.write(names, indented: false)
    }

    public struct Image: Equatable, Sendable {
        /// The configuration's file.
        public var config: String
        /// `repository:tag`, in the short form.
        public var tags: [String]
        /// The layers' files, from the lowest up.
        public var layers: [String]

        public init(config: String, tags: [String] = [], layers: [String]) {
            self.config = config
            self.tags = tags
            self.layers = layers
        }
    }
}

extension DockerArchive.Image: JSONObject {
    public static var blank: Self { Self(config: "", layers: []) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("Config", &config)
        // Docker writes null for an image without names.
        var names: [String]? = tags
        try members.optional("RepoTags", &names)
        tags = names ?? []
        try members.defaulted("Layers", &layers)
    }
}
