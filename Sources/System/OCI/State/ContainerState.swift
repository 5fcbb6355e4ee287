/// What a runtime says of a container: the answer of `state`, and what hooks read on their standard input (`runtime.md` of
/// the OCI runtime specification, "State").
public struct ContainerState: Equatable, Sendable {
    /// Where a container is in its life.
    public enum Status: String, JSONValue, Sendable, CaseIterable {
        case creating, created, running, stopped
        /// Not of the specification, which allows more; as runc and crun print it.
        case paused
    }

    /// The version of the specification the state follows.
    public var ociVersion: String
    public var id: String
    public var status: Status
    /// The container's first process as the runtime sees it; of a created, running or paused container.
    public var pid: Int32?
    /// Absolute.
    public var bundle: String
    public var annotations: [String: String]
    /// The root file system's directory; this and the two that follow are not of the specification: runc's `state` and
    /// `list` print them, and engines read them.
    public var rootfs: String?
    /// When the container was created (RFC 3339, in UTC).
    public var created: String?
    /// The name of the user whose container it is.
    public var owner: String?

    public init(
        ociVersion: String = RuntimeConfiguration.specificationVersion, id: String, status: Status, pid: Int32? = nil,
        bundle: String, annotations: [String: String] = [:], rootfs: String? = nil, created: String? = nil,
        owner: String? = nil
    ) {
        self.ociVersion = ociVersion
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
        self.rootfs = rootfs
        self.created = created
        self.owner = owner
    }
}

/// What a seccomp agent receives with the descriptor of the filter (`config-linux.md`, "The Container Process State").
public struct ContainerProcessState: Equatable, Sendable {
    /// The name, among `fds`, of the descriptor by which the kernel notifies.
    public static let seccompDescriptor = "seccompFd"

    public var ociVersion: String
    /// The names of the descriptors sent along, in their order.
    public var fds: [String]
    /// The process under the filter, as the runtime sees it.
    public var pid: Int32
    /// `linux.seccomp.listenerMetadata` as it was given.
    public var metadata: String?
    public var state: ContainerState

    public init(
        ociVersion: String = RuntimeConfiguration.specificationVersion, fds: [String] = [seccompDescriptor],
        pid: Int32, metadata: String? = nil, state: ContainerState
    ) {
        self.ociVersion = ociVersion
        self.fds = fds
        self.pid = pid
        self.metadata = metadata
        self.state = state
    }
}

// MARK: - JSON

extension ContainerState {
    static let document = "state.json"

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(ContainerState.self, from: json, document: Self.document)
    }

    public func json(indented: Bool = false) -> [UInt8] {
        JSONDocument.write(self, indented: indented)
    }
}

extension ContainerProcessState {
    static let document = "container process state"

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(ContainerProcessState.self, from: json, document: Self.document)
    }

    public func json(indented: Bool = false) -> [UInt8] {
        JSONDocument.write(self, indented: indented)
    }
}

extension ContainerState: JSONObject {
    public static var blank: Self { Self(ociVersion: "", id: "", status: .creating, bundle: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("ociVersion", &ociVersion)
        try members.required("id", &id)
        try members.optional("pid", &pid)
        try members.required("status", &status)
        try members.required("bundle", &bundle)
        try members.text("rootfs", &rootfs)
        try members.text("created", &created)
        try members.text("owner", &owner)
        try members.defaulted("annotations", &annotations)
    }
}

extension ContainerProcessState: JSONObject {
    public static var blank: Self { Self(ociVersion: "", fds: [], pid: 0, state: .blank) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("ociVersion", &ociVersion)
        try members.defaulted("fds", &fds)
        try members.required("pid", &pid)
        try members.text("metadata", &metadata)
        try members.required("state", &state)
    }
}
