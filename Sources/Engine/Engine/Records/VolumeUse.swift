package import OCI

/// A volume in a container, as its record keeps it: by its identifier, whatever it is called.
package struct VolumeUse: Equatable, Sendable, JSONObject {
    /// Of the volume.
    package var id: String
    /// Where it is in the container.
    package var target: String
    package var readOnly = false
    /// Whether the image's files may come into it.
    package var copies = false
    /// What of it is shown; nil: all.
    package var subpath: String?
    /// Whether the user said which volume, and it was not made for the container.
    package var isNamed = false

    package init(id: String, target: String, readOnly: Bool = false, copies: Bool = false) {
        self.id = id
        self.target = target
        self.readOnly = readOnly
        self.copies = copies
    }

    package static var blank: VolumeUse { VolumeUse(id: "", target: "") }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("id", &id)
        try members.required("target", &target)
        try members.defaulted("readOnly", &readOnly)
        try members.defaulted("copies", &copies)
        try members.text("subpath", &subpath)
        try members.defaulted("isNamed", &isNamed)
    }
}
