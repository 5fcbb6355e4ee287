public import Linux
public import OCI

/// What a runtime writes down of a container, so that any later command knows it: enough to find everything it is made of.
public struct ContainerRecord: Equatable, Sendable {
    public var ociVersion: String
    public var id: String
    public var bundle: String
    public var rootfs: String
    /// RFC 3339, in UTC.
    public var created: String
    /// The name of the user who made it, or the number where it has none.
    public var owner: String
    public var annotations: [String: String]
    /// Who makes it; while there is no first process yet, it is being created as long as this one lives.
    public var creator: ProcessIdentity
    /// The first process; nil until it is there.
    public var process: ProcessIdentity?
    /// Whether it waits for a start of its own.
    public var waitsForStart: Bool
    /// Whether its configuration has hooks for after the start and the end: most have none, and need not be read again.
    public var hasPoststartHooks: Bool
    public var hasPoststopHooks: Bool
    /// The cgroup's directories, foreseen before they are made.
    public var cgroup: [Cgroup.Directory]
    /// The unit of systemd's that its cgroup is; nil where it was made here.
    public var scope: ScopeRecord?
    /// The name of its session keyring; nil where it has its launcher's.
    public var keyring: String?
}

// MARK: - JSON

extension ContainerRecord: JSONObject {
    private static let document = "container.json"

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(ContainerRecord.self, from: json, document: Self.document)
        // What is named here will be emptied of processes and removed.
        for (index, directory) in cgroup.enumerated() where !directory.isPlausible {
            throw ConfigurationError(
                document: Self.document, path: "cgroup[\(index)].path", problem: "'\(directory.path)' is not a cgroup")
        }
    }

    public func json() -> [UInt8] { JSONDocument.write(self, indented: false) }

    public static var blank: ContainerRecord {
        ContainerRecord(
            ociVersion: "", id: "", bundle: "", rootfs: "", created: "", owner: "", annotations: [:], creator: .blank,
            process: nil, waitsForStart: false, hasPoststartHooks: false, hasPoststopHooks: false, cgroup: [],
            scope: nil, keyring: nil)
    }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("ociVersion", &ociVersion)
        try members.required("id", &id)
        try members.required("bundle", &bundle)
        try members.required("rootfs", &rootfs)
        try members.required("created", &created)
        try members.required("owner", &owner)
        try members.defaulted("annotations", &annotations)
        try members.required("creator", &creator)
        try members.optional("process", &process)
        try members.defaulted("waitsForStart", &waitsForStart)
        try members.defaulted("hasPoststartHooks", &hasPoststartHooks)
        try members.defaulted("hasPoststopHooks", &hasPoststopHooks)
        try members.defaulted("cgroup", &cgroup)
        try members.optional("scope", &scope)
        try members.optional("keyring", &keyring)
    }
}

extension ProcessIdentity: JSONObject {
    public static var blank: Self { Self(pid: 0, startTime: 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("pid", &pid)
        try members.required("startTime", &startTime)
    }
}

extension Cgroup.Directory: JSONObject {
    public static var blank: Self { Self(version: 0, controllers: [], path: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("version", &version)
        try members.defaulted("controllers", &controllers)
        try members.required("path", &path)
        try members.defaulted("made", &made)
        try members.defaulted("found", &found)
    }
}
