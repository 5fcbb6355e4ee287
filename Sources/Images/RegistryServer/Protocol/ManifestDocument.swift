import OCI

/// A manifest of any kind that is stored here: what it names, and what those who look for referrers want to know of it.
struct ManifestDocument: Equatable {
    /// How it is stored and given back: what the client said, else what the document says of itself.
    var type: MediaType
    /// Configuration and layers.
    var blobs: [Descriptor] = []
    /// The manifests of an index.
    var manifests: [Descriptor] = []
    var subject: Descriptor?
    var artifactType: MediaType?
    var annotations: [String: String]

    /// Reads a manifest.
    ///
    /// - Parameter type: what it was sent or stored as; it must agree with what the document says (specification, "Pushing
    ///   Manifests").
    init(_ bytes: [UInt8], type: MediaType?) throws(ConfigurationError) {
        let own = try JSONDocument.read(OwnType.self, from: bytes, document: "manifest").mediaType
        guard let type = type ?? (own.isAbsent ? nil : own) else {
            throw ConfigurationError(
                document: "manifest", path: "mediaType", problem: "is missing here and in the Content-Type header")
        }
        guard own.isAbsent || own == type else {
            throw ConfigurationError(
                document: "manifest", path: "mediaType", problem: "\(own) is not what Content-Type says, \(type)")
        }
        self.type = type
        if type.isManifest {
            let manifest = try ImageManifest(json: bytes)
            blobs = [manifest.config] + manifest.layers
            subject = manifest.subject
            // "If the artifactType is empty or missing … set to the config descriptor's mediaType" (specification, "Listing
            // Referrers").
            artifactType = manifest.artifactType ?? manifest.config.mediaType
            annotations = manifest.annotations
        } else if type.isIndex {
            let index = try ImageIndex(json: bytes)
            manifests = index.manifests
            subject = index.subject
            artifactType = index.artifactType
            annotations = index.annotations
        } else {
            throw ConfigurationError(
                document: "manifest", path: "mediaType",
                problem: "\(type) is not stored here: image manifests and indexes are, OCI's and Docker's")
        }
        if artifactType?.isAbsent == true { artifactType = nil }
    }

    /// Layers that registries need not have: their bytes are had from elsewhere (image specification, "Non-Distributable
    /// Layers").
    static func isElsewhere(_ descriptor: Descriptor) -> Bool {
        let type = descriptor.mediaType.rawValue
        return !descriptor.urls.isEmpty || type.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
            || type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    }

    /// How it stands in a list of referrers.
    func descriptor(_ digest: Digest, _ size: Int64) -> Descriptor {
        Descriptor(mediaType: type, digest: digest, size: size, annotations: annotations, artifactType: artifactType)
    }

    /// The one member every kind has.
    private struct OwnType: JSONObject {
        var mediaType = MediaType.absent

        static var blank: OwnType { OwnType() }

        mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
            try members.defaulted("mediaType", &mediaType)
        }
    }
}
