package import OCI

/// Data that outlives containers: what is kept of a volume on disk, in `volumes/<id>/volume.json`.
///
/// Containers name it by its identifier, so that its name may change while they run.
package struct Volume: Equatable, Sendable {
    /// 64 hexadecimal digits.
    package var id: String
    /// The identifier itself, where nobody gave it one.
    package var name: String
    /// RFC 3339, in UTC.
    package var created: String
    package var labels: [String: String]
    /// Nobody named it: made for one container, and gone with it where that is said to leave nothing (`--rm`, `rm -v`), or by
    /// `volume create` without a name.
    package var isAnonymous: Bool

    package init(
        id: String, name: String, created: String, labels: [String: String] = [:], isAnonymous: Bool = false
    ) {
        self.id = id
        self.name = name
        self.created = created
        self.labels = labels
        self.isAnonymous = isAnonymous
    }
}

extension Volume: JSONObject {
    static let document = "volume.json"

    init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(Volume.self, from: json, document: Self.document)
        guard VolumeName.isIdentifier(id) else {
            throw ConfigurationError(
                document: Self.document, path: "id", problem: "\(quoting: id) is not an identifier")
        }
        guard VolumeName.isName(name) else {
            throw ConfigurationError(document: Self.document, path: "name", problem: "\(quoting: name) is not a name")
        }
    }

    func json() -> [UInt8] { JSONDocument.write(self, indented: false) }

    package static var blank: Volume { Volume(id: "", name: "", created: "") }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("id", &id)
        try members.required("name", &name)
        try members.required("created", &created)
        try members.defaulted("labels", &labels)
        try members.defaulted("isAnonymous", &isAnonymous)
    }
}
