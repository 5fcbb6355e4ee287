/// What an image says of itself: how to run it, which layers it is made of and how it came about (OCI image specification 1.1,
/// `config.md`), with the members that only Docker gives.
public struct ImageConfiguration: Equatable, Sendable {
    /// Greater configurations are refused; real ones are a few kilobytes.
    public static let greatestSize: Int64 = 4 << 20

    /// RFC 3339.
    public var created: String?
    public var author: String?
    public var platform: Platform
    public var execution: Execution
    public var rootfs: RootFileSystem
    public var history: [History]

    public init(
        created: String? = nil, author: String? = nil, platform: Platform = .host, execution: Execution = Execution(),
        rootfs: RootFileSystem = RootFileSystem(), history: [History] = []
    ) {
        self.created = created
        self.author = author
        self.platform = platform
        self.execution = execution
        self.rootfs = rootfs
        self.history = history
    }

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(ImageConfiguration.self, from: json, document: "image configuration")
    }

    public func json() -> [UInt8] { JSONDocument.write(self, indented: false) }

    /// `config`: what a container made from the image runs by default.
    public struct Execution: Equatable, Sendable {
        /// `user`, `uid`, `user:group`, …; absent: root.
        public var user: String?
        /// `port`, `port/tcp` or `port/udp`.
        public var exposedPorts: [String: EmptyObject]
        /// `NAME=value` each.
        public var environment: [String]
        public var entrypoint: [String]
        /// Arguments of the entry point, or the command where there is none.
        public var command: [String]
        public var volumes: [String: EmptyObject]
        public var workingDirectory: String?
        public var labels: [String: String]
        /// `SIGTERM`, `SIGRTMIN+3`, …
        public var stopSignal: String?
        /// Docker's: how to ask whether the container is well.
        public var healthcheck: Healthcheck?
        /// Docker's: instructions for images built from this one.
        public var onBuild: [String]
        /// Docker's: what runs the shell form of RUN, CMD and ENTRYPOINT.
        public var shell: [String]

        public init(
            user: String? = nil, exposedPorts: [String: EmptyObject] = [:], environment: [String] = [],
            entrypoint: [String] = [], command: [String] = [], volumes: [String: EmptyObject] = [:],
            workingDirectory: String? = nil, labels: [String: String] = [:], stopSignal: String? = nil,
            healthcheck: Healthcheck? = nil, onBuild: [String] = [], shell: [String] = []
        ) {
            self.user = user
            self.exposedPorts = exposedPorts
            self.environment = environment
            self.entrypoint = entrypoint
            self.command = command
            self.volumes = volumes
            self.workingDirectory = workingDirectory
            self.labels = labels
            self.stopSignal = stopSignal
            self.healthcheck = healthcheck
            self.onBuild = onBuild
            self.shell = shell
        }
    }

    /// How Docker asks whether a container is well; durations in nanoseconds.
    public struct Healthcheck: Equatable, Sendable {
        public var test: [String] = []
        public var interval: Int64?
        public var timeout: Int64?
        public var startPeriod: Int64?
        public var startInterval: Int64?
        public var retries: Int64?

        public init() {}
    }

    /// The layers, from the lowest up, by the digests of their uncompressed archives.
    public struct RootFileSystem: Equatable, Sendable {
        public var diffIDs: [Digest]

        public init(diffIDs: [Digest] = []) { self.diffIDs = diffIDs }

        /// The names of the stacks of layers, from the lowest alone to all of them (`config.md`, "Layer ChainID").
        public var chainIDs: [Digest] {
            var chain: [Digest] = []
            for layer in diffIDs {
                chain.append(chain.last.map { Digest(sha256Of: "\($0) \(layer)".utf8) } ?? layer)
            }
            return chain
        }
    }

    /// How one layer came about, or a step that made none.
    public struct History: Equatable, Sendable {
        public var created: String?
        public var author: String?
        public var createdBy: String?
        public var comment: String?
        /// Whether the step left the file system as it was.
        public var emptyLayer: Bool

        public init(
            created: String? = nil, author: String? = nil, createdBy: String? = nil, comment: String? = nil,
            emptyLayer: Bool = false
        ) {
            self.created = created
            self.author = author
            self.createdBy = createdBy
            self.comment = comment
            self.emptyLayer = emptyLayer
        }
    }
}

/// `{}`: what Go's sets look like in JSON.
public struct EmptyObject: Hashable, Sendable, JSONObject {
    public init() {}
    public static var blank: EmptyObject { EmptyObject() }
    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {}
}

// MARK: - JSON

extension ImageConfiguration: JSONObject {
    public static var blank: ImageConfiguration { ImageConfiguration(platform: .blank) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.text("created", &created)
        try members.text("author", &author)
        try platform.visit(&members)
        try members.defaulted("config", &execution)
        try members.required("rootfs", &rootfs)
        try members.defaulted("history", &history)
    }
}

extension ImageConfiguration.Execution: JSONObject, JSONDefaulted {
    public static var blank: Self { Self() }
    public static var absent: Self { Self() }
    public var isAbsent: Bool { self == Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.text("User", &user)
        try members.defaulted("ExposedPorts", &exposedPorts)
        try members.defaulted("Env", &environment)
        try members.defaulted("Entrypoint", &entrypoint)
        try members.defaulted("Cmd", &command)
        try members.defaulted("Volumes", &volumes)
        try members.text("WorkingDir", &workingDirectory)
        try members.defaulted("Labels", &labels)
        try members.text("StopSignal", &stopSignal)
        try members.optional("Healthcheck", &healthcheck)
        try members.defaulted("OnBuild", &onBuild)
        try members.defaulted("Shell", &shell)
    }
}

extension ImageConfiguration.Healthcheck: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.defaulted("Test", &test)
        try members.optional("Interval", &interval)
        try members.optional("Timeout", &timeout)
        try members.optional("StartPeriod", &startPeriod)
        try members.optional("StartInterval", &startInterval)
        try members.optional("Retries", &retries)
    }
}

extension ImageConfiguration.RootFileSystem: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        var type = LayersType()
        try members.required("type", &type)
        try members.required("diff_ids", &diffIDs)
    }

    /// `layers`, the only type there is.
    private struct LayersType: JSONValue {
        init() {}

        init(reading reader: inout JSONReader) throws(DocumentFault) {
            let type = try reader.readString()
            guard type == "layers" else {
                throw DocumentFault("\(quoting: type) is not layers, the only type there is")
            }
        }

        func write(to writer: inout JSONWriter) { writer.write("layers") }
    }
}

extension ImageConfiguration.History: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.text("created", &created)
        try members.text("author", &author)
        try members.text("created_by", &createdBy)
        try members.text("comment", &comment)
        try members.defaulted("empty_layer", &emptyLayer)
    }
}
