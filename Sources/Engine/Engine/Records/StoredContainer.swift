package import Containers
package import Linux
package import OCI

/// What is kept of a container on disk: `containers/<id>/record.json`, written before anything of it is made.
///
/// How it is now the kernel says; what it was and how it ended stands here.
package struct StoredContainer: Equatable, Sendable {
    /// 64 hexadecimal digits.
    package var id: String
    package var name: String
    /// As the user called it.
    package var image: String
    /// The digest of the image's configuration.
    package var imageID: Digest
    /// Of the platform's manifest: what a commit builds on.
    package var manifest: Descriptor
    /// The program and its arguments.
    package var command: [String]
    /// RFC 3339, in UTC.
    package var created: String
    /// Nil until its program runs.
    package var started: String?
    /// Nil until it has ended.
    package var finished: String?
    /// As a shell has it; nil until it has ended, or where nobody saw it.
    package var exitCode: Int32?
    /// Why it never ran.
    package var failure: String?
    /// Whether it goes with its end (`--rm`).
    package var removes: Bool
    /// Whether it is a guest.
    package var isGuest: Bool
    package var terminal: Bool
    /// Seconds that it is given to end by itself; nil: as whoever ends it decides.
    package var stopTimeout: Int64?
    /// How many of its processes the kernel killed for want of memory.
    package var memoryKills: Int64?
    package var labels: [String: String]
    /// Whether HOME is the image's word, or the caller's, and not its user's home directory.
    package var namesHome = false
    /// The volumes it was made with.
    package var volumes: [VolumeUse] = []
    /// The networks it is put into whenever it runs; nil: none.
    package var networks: NetworkOptions?
    /// The process that looks after it; nil in records of older versions.
    package var keeper: ProcessIdentity?
    /// A process in the cell of a guest that is in networks.
    package var cell: ProcessIdentity?
    /// How it is started again, and what has become of its runs; nil in records of older versions, and of guests.
    package var background: BackgroundRecord?
    /// What it was asked to be, as `inspect` shows it (`ContainerSettings`).
    package var settings: JSONTree?

    package init(
        id: String, name: String, image: String, imageID: Digest, manifest: Descriptor, command: [String],
        created: String, removes: Bool = false, isGuest: Bool = false, terminal: Bool = false,
        stopTimeout: Int64? = nil, labels: [String: String] = [:]
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.imageID = imageID
        self.manifest = manifest
        self.command = command
        self.created = created
        self.removes = removes
        self.isGuest = isGuest
        self.terminal = terminal
        self.stopTimeout = stopTimeout
        self.labels = labels
    }

    /// The beginning of the identifier, as lists show it.
    package var shortID: String { String(id.prefix(12)) }
}

extension StoredContainer: JSONObject {
    static let document = "record.json"

    package init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(StoredContainer.self, from: json, document: Self.document)
        guard ContainerName.isIdentifier(id) else {
            throw ConfigurationError(
                document: Self.document, path: "id", problem: "\(quoting: id) is not an identifier")
        }
        guard RunOptions.isName(name) else {
            throw ConfigurationError(document: Self.document, path: "name", problem: "\(quoting: name) is not a name")
        }
    }

    package func json() -> [UInt8] { JSONDocument.write(self, indented: false) }

    package static var blank: StoredContainer {
        StoredContainer(
            id: "", name: "", image: "", imageID: Digest(sha256Of: []), manifest: .blank, command: [], created: "")
    }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("id", &id)
        try members.required("name", &name)
        try members.required("image", &image)
        try members.required("imageID", &imageID)
        try members.required("manifest", &manifest)
        try members.required("command", &command)
        try members.required("created", &created)
        try members.text("started", &started)
        try members.text("finished", &finished)
        try members.optional("exitCode", &exitCode)
        try members.text("failure", &failure)
        try members.defaulted("removes", &removes)
        try members.defaulted("isGuest", &isGuest)
        try members.defaulted("terminal", &terminal)
        try members.optional("stopTimeout", &stopTimeout)
        try members.optional("memoryKills", &memoryKills)
        try members.defaulted("labels", &labels)
        try members.defaulted("namesHome", &namesHome)
        try members.defaulted("volumes", &volumes)
        try members.optional("networks", &networks)
        try members.optional("keeper", &keeper)
        try members.optional("cell", &cell)
        try members.optional("background", &background)
        try members.optional("settings", &settings)
    }
}
